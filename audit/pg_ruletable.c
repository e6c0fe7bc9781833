/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_ruletable.h"

#define RESTRICTED                                                          \
    "<Proxy \"*\">\n    Require ip 192.0.2.0/24\n</Proxy>"
#define FORWARD_FIX                                                         \
    { "# no forward proxy at all:\nProxyRequests Off\n"                     \
      "# or one for some clients, as the last <Proxy> of this server:\n"    \
      RESTRICTED,                                                           \
      "# フォワードプロキシをやめる場合:\nProxyRequests Off\n"               \
      "# 一部のクライアントだけに許す場合 (このサーバーの最後の <Proxy> とし" \
      "て):\n" RESTRICTED }
#define HOST_FIX(en, ja)                                                    \
    { "# a fixed host, followed by a '/':\n" en,                            \
      "# ホストを固定し、直後に '/' を置く:\n" ja }
#define BOTH(lines) { lines, lines } /* they contain no words         */

const pg_ruletable_t pg_ruletable[PG_RULE_COUNT] = {
    [PG_RULE_OPEN_BARE] = {
        .id = 201, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "ProxyRequests is On and nothing restricts who may use it",
            "ProxyRequests が On で、利用者を制限する設定がありません",
        },
        .meaning = {
            "Anybody can send requests to any server in your name; scanners "
            "find such a server within hours",
            "誰でも、このサーバーの名義で任意のサーバーに要求を送れます。スキ"
            "ャナーは数時間のうちに見つけます",
        },
        .fix = FORWARD_FIX,
    },
    [PG_RULE_OPEN_DOOR] = {
        .id = 202, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "this restricts some requests, but not %s",
            "一部の要求しか制限していません。制限されていないもの: %s",
        },
        .meaning = {
            "Restricting one method or scheme is not enough: third parties "
            "use whatever is left, above all CONNECT",
            "メソッドやスキームを一つ制限しても足りません。第三者は残りの方法"
            "、とりわけ CONNECT で中継させます",
        },
        .fix = {
            "# without <Limit>, and for every target:\n" RESTRICTED,
            "# <Limit> を使わず、すべての宛先に対して:\n" RESTRICTED,
        },
    },
    [PG_RULE_OPEN_GRANTED] = {
        .id = 203, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "this section applies last to a forwarded request, and lets "
            "everybody through",
            "転送される要求に最後に適用されるこのセクションが、全員を通してい"
            "ます",
        },
        .meaning = {
            "It overrides every restriction in an earlier section, so anybody "
            "can relay",
            "それより前のセクションの制限はすべて無効になり、誰でも中継できま"
            "す",
        },
        .fix = FORWARD_FIX,
    },
    [PG_RULE_OPEN_SOME] = {
        .id = 204, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "third parties may relay to some targets, such as %s",
            "第三者が一部の宛先へ中継できます。例: %s",
        },
        .meaning = {
            "Anybody can reach these targets in your name, and put load on "
            "them",
            "誰でもこれらの宛先にこのサーバーの名義で接続し、負荷をかけられま"
            "す",
        },
        .fix = {
            "# in this section:\nRequire ip 192.0.2.0/24",
            "# このセクションの中に:\nRequire ip 192.0.2.0/24",
        },
    },
    [PG_RULE_OPEN_MAIL] = {
        .id = 205, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "AllowCONNECT lets third parties tunnel to a mail port: %s",
            "AllowCONNECT により、第三者がメールのポートへトンネルを張れます:"
            " %s",
        },
        .meaning = {
            "Anybody can send spam through this server, and this server will "
            "be blocklisted for it",
            "誰でもこのサーバーを通して迷惑メールを送れます。ブロックリストに"
            "載るのはこのサーバーです",
        },
        .fix = BOTH("AllowCONNECT 443"),
    },
    [PG_RULE_PASS_CHOSEN] = {
        .id = 210, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "%s lets the client choose the backend host",
            "%s は、転送先のホストをクライアントに選ばせています",
        },
        .meaning = {
            "This is an open relay even with ProxyRequests Off: whoever names "
            "a host in the request reaches it in your name, your internal "
            "hosts included",
            "ProxyRequests が Off でもオープンリレーです。要求の中でホストを"
            "指定すれば、内部のホストも含め、このサーバーの名義で到達できます",
        },
        .fix = HOST_FIX(
            "ProxyPassMatch \"^/app/(.*)$\" \"http://app.example.com/$1\"",
            "ProxyPassMatch \"^/app/(.*)$\" \"http://app.example.com/$1\""),
    },
    [PG_RULE_REWRITE_CHOSEN] = {
        .id = 211, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "%s lets the client choose the backend host",
            "%s は、転送先のホストをクライアントに選ばせています",
        },
        .meaning = {
            "This is an open relay even with ProxyRequests Off: the host comes "
            "from the request, so your internal hosts can be reached as well",
            "ProxyRequests が Off でもオープンリレーです。ホストが要求から取"
            "られるため、内部のホストにも到達できます",
        },
        .fix = HOST_FIX(
            "RewriteRule \"^/(.*)$\" \"http://app.example.com/$1\" [P]",
            "RewriteRule \"^/(.*)$\" \"http://app.example.com/$1\" [P]"),
    },
    [PG_RULE_NOT_ANALYSED] = {
        .id = 220, .severity = PG_SEVERITY_WARNING,
        .what = {
            "whether third parties may use the forward proxy depends on this, "
            "which the audit cannot analyse",
            "第三者がフォワードプロキシを使えるかどうかは、監査で判定できない"
            "この設定に依存します",
        },
        .meaning = {
            "It may be closed or open; the guard treats it as open and refuses "
            "attempts",
            "閉じているかもしれず、開いているかもしれません。ガードは開いてい"
            "るものとして扱い、要求を拒否します",
        },
        .fix = {
            "# a restriction that depends on no condition:\n" RESTRICTED,
            "# 条件に依存しない制限:\n" RESTRICTED,
        },
    },
    [PG_RULE_REVERSE_UNSURE] = {
        .id = 221, .severity = PG_SEVERITY_WARNING,
        .what = {
            "%s may let the client choose the backend host",
            "%s の転送先のホストを、クライアントが選べるかもしれません",
        },
        .meaning = {
            "If so, this is an open relay; it depends on conditions or values "
            "that the audit cannot analyse",
            "その場合はオープンリレーです。監査で判定できない条件や値に依存し"
            "ます",
        },
        .fix = {
            "# name the host:\n"
            "ProxyPass \"/app/\" \"http://app.example.com/\"",
            "# ホストを明記する:\n"
            "ProxyPass \"/app/\" \"http://app.example.com/\"",
        },
    },
    [PG_RULE_LOOKS_LOCATION] = {
        .id = 222, .severity = PG_SEVERITY_WARNING,
        .what = {
            "this <%s> does not restrict the forward proxy",
            "この <%s> はフォワードプロキシを制限しません",
        },
        .meaning = {
            "The target of a forwarded request is not a path on this server, "
            "so the section does not apply to it and third parties get "
            "through",
            "転送される要求の宛先はこのサーバーのパスではないため、このセクシ"
            "ョンは適用されず、第三者が通ります",
        },
        .fix = BOTH(RESTRICTED),
    },
    [PG_RULE_LOOKS_FILES] = {
        .id = 223, .severity = PG_SEVERITY_NOTE,
        .what = {
            "this <%s> does not restrict the forward proxy",
            "この <%s> はフォワードプロキシを制限しません",
        },
        .meaning = {
            "httpd skips <Directory> and <Files> for a forwarded request",
            "転送される要求では、httpd は <Directory> と <Files> を評価しませ"
            "ん",
        },
        .fix = BOTH(RESTRICTED),
    },
    [PG_RULE_LOOKS_REWRITE] = {
        .id = 224, .severity = PG_SEVERITY_WARNING,
        .what = {
            "this RewriteRule does not restrict the forward proxy",
            "この RewriteRule はフォワードプロキシを制限しません",
        },
        .meaning = {
            "mod_rewrite leaves forwarded requests alone unless RewriteOptions "
            "says AllowAnyURI, so third parties get through",
            "RewriteOptions に AllowAnyURI がない限り、mod_rewrite は転送され"
            "る要求を処理しないため、第三者が通ります",
        },
        .fix = BOTH(RESTRICTED),
    },
    [PG_RULE_MAIL_PORT] = {
        .id = 225, .severity = PG_SEVERITY_WARNING,
        .what = {
            "AllowCONNECT includes a mail port: %s",
            "AllowCONNECT にメールのポートが含まれています: %s",
        },
        .meaning = {
            "Whoever may use the proxy can send spam through it",
            "プロキシを使える人は誰でも、それを通して迷惑メールを送れます",
        },
        .fix = BOTH("AllowCONNECT 443"),
    },
    [PG_RULE_MORE_PORTS] = {
        .id = 226, .severity = PG_SEVERITY_WARNING,
        .what = {
            "AllowCONNECT allows more than the TLS ports: %s",
            "AllowCONNECT が TLS 以外のポートも許しています: %s",
        },
        .meaning = {
            "Whoever may use the proxy can tunnel to services that were never "
            "meant to be reached through it",
            "プロキシを使える人は誰でも、想定していないサービスへトンネルを張"
            "れます",
        },
        .fix = BOTH("AllowCONNECT 443"),
    },
    [PG_RULE_WIDE_NET] = {
        .id = 227, .severity = PG_SEVERITY_WARNING,
        .what = {
            "this covers half of the Internet or more: %s",
            "インターネットの半分以上を含んでいます: %s",
        },
        .meaning = {
            "Such a list restricts nobody",
            "これでは誰も制限されません",
        },
        .fix = BOTH("Require ip 192.0.2.0/24"),
    },
    [PG_RULE_GUARD_OFF] = {
        .id = 228, .severity = PG_SEVERITY_WARNING,
        .what = {
            "the guard is off in a virtual host that is a forward proxy",
            "フォワードプロキシであるバーチャルホストで、ガードが無効です",
        },
        .meaning = {
            "Attempts to relay through it are neither refused nor counted",
            "そこを通した中継の試行は、拒否もカウントもされません",
        },
        .fix = BOTH("ProxyGuard On"),
    },
    [PG_RULE_STATUS_OPEN] = {
        .id = 229, .severity = PG_SEVERITY_WARNING,
        .what = {
            "anybody can read the status page",
            "ステータスページを誰でも閲覧できます",
        },
        .meaning = {
            "It names the sources and targets of attempts, and what is open",
            "試行の送信元と宛先、開いている箇所が載っています",
        },
        .fix = BOTH(
            "<Location \"/proxyguard-status\">\n"
            "    SetHandler proxyguard-status\n    Require local\n"
            "</Location>"),
    },
    [PG_RULE_NO_NAME] = {
        .id = 230, .severity = PG_SEVERITY_WARNING,
        .what = {
            "no ServerName is set anywhere",
            "ServerName がどこにも設定されていません",
        },
        .meaning = {
            "The guard cannot tell requests for this server from relay "
            "attempts by their Host field",
            "ガードは、このサーバー宛ての要求と中継の試行を Host フィールドで"
            "区別できません",
        },
        .fix = BOTH("ServerName www.example.com"),
    },
    [PG_RULE_ALIAS_ALL] = {
        .id = 231, .severity = PG_SEVERITY_WARNING,
        .what = {
            "with this, every name counts as this server's own: %s",
            "すべての名前が自サーバーの名前とみなされます: %s",
        },
        .meaning = {
            "Then no Host is foreign, and every absolute-form target looks "
            "like this server's own",
            "どの Host も自サイトのものとみなされ、absolute-form の宛先は常に"
            "このサーバー宛てに見えます",
        },
        .fix = BOTH("ServerAlias example.com *.example.com"),
    },
    [PG_RULE_H2_PROXY] = {
        .id = 232, .severity = PG_SEVERITY_WARNING,
        .what = {
            "H2ProxyRequests is on",
            "H2ProxyRequests が on です",
        },
        .meaning = {
            "HTTP/2 requests are handed to the forward proxy as well, where "
            "restrictions are rarely tested",
            "HTTP/2 の要求もフォワードプロキシに渡されます。そこでの制限はほ"
            "とんど検証されていません",
        },
        .fix = BOTH("H2ProxyRequests off"),
    },
    [PG_RULE_ADD_HEADERS] = {
        .id = 233, .severity = PG_SEVERITY_WARNING,
        .what = {
            "ProxyAddHeaders is Off",
            "ProxyAddHeaders が Off です",
        },
        .meaning = {
            "Relayed requests do not say who sent them: the other side sees, "
            "and blames, only this server",
            "中継した要求に元の送信者が示されません。相手に見え、責任を問われ"
            "るのはこのサーバーだけです",
        },
        .fix = BOTH("ProxyAddHeaders On"),
    },
    [PG_RULE_ON_PURPOSE] = {
        .id = 234, .severity = PG_SEVERITY_NOTE,
        .what = {
            "open to everybody on purpose: ProxyGuardForward Allow",
            "意図的に全員に開放しています: ProxyGuardForward Allow",
        },
        .meaning = {
            "Anybody can relay through it; attempts are counted, not refused",
            "誰でも中継できます。試行はカウントされますが、拒否されません",
        },
        .fix = FORWARD_FIX,
    },
    [PG_RULE_VIA] = {
        .id = 235, .severity = PG_SEVERITY_NOTE,
        .what = {
            "the forward proxy does not identify itself: ProxyVia is %s",
            "フォワードプロキシが自らを名乗りません: ProxyVia は %s です",
        },
        .meaning = {
            "Recipients cannot trace relayed requests to this server, and "
            "proxy loops go unnoticed",
            "中継した要求の出どころを受信側が追跡できず、プロキシのループも検"
            "出できません",
        },
        .fix = BOTH("ProxyVia On"),
    },
    [PG_RULE_COMPAT] = {
        .id = 236, .severity = PG_SEVERITY_NOTE,
        .what = {
            "mod_access_compat decides who may use the forward proxy: %s",
            "フォワードプロキシの利用可否を mod_access_compat が決めています:"
            " %s",
        },
        .meaning = {
            "A later section with any of its directives replaces all of them, "
            "and Satisfy Any can undo them",
            "後のセクションにこのモジュールのディレクティブが一つでもあると全"
            "体が置き換わり、Satisfy Any で無効になることもあります",
        },
        .fix = BOTH(RESTRICTED),
    },
    [PG_RULE_CONNECT_UNUSED] = {
        .id = 237, .severity = PG_SEVERITY_NOTE,
        .what = {
            "mod_proxy_connect is loaded, but no virtual host is a forward "
            "proxy",
            "mod_proxy_connect が読み込まれていますが、フォワードプロキシのバ"
            "ーチャルホストはありません",
        },
        .meaning = {
            "A single ProxyRequests On would make this server a tunnel",
            "ProxyRequests On の一行で、このサーバーはトンネルになります",
        },
        .fix = {
            "# Debian: a2dismod proxy_connect; elsewhere remove this line:\n"
            "#LoadModule proxy_connect_module modules/mod_proxy_connect.so",
            "# Debian では a2dismod proxy_connect、ほかではこの行を削除する:\n"
            "#LoadModule proxy_connect_module modules/mod_proxy_connect.so",
        },
    },
    [PG_RULE_PORT_CHOSEN] = {
        .id = 240, .severity = PG_SEVERITY_WARNING,
        .what = {
            "%s lets the client choose the backend port",
            "%s は、転送先のポートをクライアントに選ばせています",
        },
        .meaning = {
            "The host is fixed, but clients reach services on it that were "
            "never meant to be reached from outside",
            "ホストは固定されていますが、外部に公開するつもりのないサービスに"
            "到達できます",
        },
        .fix = {
            "# a fixed port, followed by a '/':\n"
            "ProxyPass \"/app/\" \"http://app.example.com:8080/\"",
            "# ポートを固定し、直後に '/' を置く:\n"
            "ProxyPass \"/app/\" \"http://app.example.com:8080/\"",
        },
    },
    [PG_RULE_STOPPED] = {
        .id = 241, .severity = PG_SEVERITY_WARNING,
        .what = {
            "%s lets the client choose the backend host; only the guard "
            "prevents a relay",
            "%s は、転送先のホストをクライアントに選ばせています。中継を防いで"
            "いるのはガードだけです",
        },
        .meaning = {
            "Requests are refused as chosen-backend if the host is found in "
            "what the client sent; one that the rule decodes may not be "
            "found: fix the rule",
            "クライアントの送ったものに転送先のホストが見つかれば、要求は "
            "chosen-backend として拒否されます。規則が復号するホストは見つか"
            "らないことがありますので、規則を直してください",
        },
        .fix = HOST_FIX(
            "RewriteRule \"^/(.*)$\" \"http://app.example.com/$1\" [P]",
            "RewriteRule \"^/(.*)$\" \"http://app.example.com/$1\" [P]"),
    },
    [PG_RULE_STATED_ADDRESS] = {
        .id = 242, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "clients can state their own address: %s is accepted from "
            "everybody",
            "クライアントが自分のアドレスを申告でき、誰の申告でも信用されます"
            ": %s",
        },
        .meaning = {
            "Require ip and the like then restrict nobody, and the log shows "
            "whatever address the client chose",
            "Require ip などの制限は意味を失い、ログにはクライアントの望むア"
            "ドレスが残ります",
        },
        .fix = {
            "# the load balancers, and nobody else:\n"
            "RemoteIPInternalProxy 192.0.2.10",
            "# ロードバランサーだけを信用する:\n"
            "RemoteIPInternalProxy 192.0.2.10",
        },
    },
    [PG_RULE_BY_SENT] = {
        .id = 243, .severity = PG_SEVERITY_WARNING,
        .what = {
            "this admits anybody who sends the right value: %s",
            "特定の内容を送ってきた相手は誰でも通ります: %s",
        },
        .meaning = {
            "What a client sends can be guessed, copied or tried out by "
            "anybody; it does not say who the client is",
            "クライアントが送る内容は、誰でも推測や複製や総当たりができ、相手"
            "が誰かを示すものではありません",
        },
        .fix = BOTH("Require ip 192.0.2.0/24"),
    },
    [PG_RULE_HOST_DENY] = {
        .id = 244, .severity = PG_SEVERITY_CRITICAL,
        .what = {
            "ProxyGuardAction foreign-host deny cannot work: %s",
            "ProxyGuardAction foreign-host deny は機能しません: %s",
        },
        .meaning = {
            "The guard does not know this server's names, so it cannot refuse "
            "a foreign Host without refusing the server's own visitors",
            "ガードはこのサーバーの名前を知らないため、自サイトの利用者を拒否"
            "せずに他サイト宛ての Host だけを拒否することはできません",
        },
        .fix = BOTH("ServerName www.example.com\n"
                    "ServerAlias example.com *.example.com"),
    },
    [PG_RULE_NOT_IN_TREE] = {
        .id = 245, .severity = PG_SEVERITY_WARNING,
        .what = {
            "clients chose where this server sent requests, or was about to "
            "send them, and no directive of the configuration explains it "
            "(attempts: %s)",
            "要求の転送先をクライアントが選んでいますが、設定のどのディレクテ"
            "ィブからも説明がつきません (%s 件)",
        },
        .meaning = {
            "A rule in an .htaccess file, or one that a module sets, lets "
            "clients choose the destination; the attempts of class "
            "chosen-backend show which path it is for",
            ".htaccess の規則、またはモジュールが設定した規則が転送先をクライ"
            "アントに選ばせています。どのパスかは chosen-backend の試行から分"
            "かります",
        },
        .fix = HOST_FIX(
            "RewriteRule \"^(.*)$\" \"http://app.example.com/$1\" [P]",
            "RewriteRule \"^(.*)$\" \"http://app.example.com/$1\" [P]"),
    },
    [PG_RULE_STATUS_PROXIED] = {
        .id = 270, .severity = PG_SEVERITY_NOTE,
        .what = {
            "the status page answers requests that a proxy on this host "
            "forwards%s",
            "ステータスページが、同じホスト上のプロキシが転送した要求にも"
            "応答します%s",
        },
        .meaning = {
            "To Require local, every client of that proxy is local",
            "Require local にとって、そのプロキシ越しの相手は誰でもローカルです",
        },
        .fix = BOTH("ProxyGuardStatusProxied Off"),
    },
};
