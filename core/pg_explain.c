/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_explain.h"

static const char *const classes[PG_CLASS_COUNT + 1][PG_LANG_COUNT] = {
    [PG_CLASS_ABSOLUTE] = {
        "A request for a page of another site, sent to this server as if it"
        " were a proxy: the sender wanted this server to fetch that page and"
        " hide who asked for it.",
        "このサーバーをプロキシとみなして、よその Web サイトのページを要求し"
        "たものです。送信者は、このサーバーにそのページを取りに行かせ、自分の"
        "身元を隠そうとしました。",
    },
    [PG_CLASS_CONNECT_TLS] = {
        "A request for a tunnel to an encrypted service on another host: the"
        " sender wanted to browse or log in elsewhere from this server's"
        " address.",
        "よそのホストの暗号化されたサービスへのトンネルを要求したものです。"
        "送信者は、このサーバーのアドレスから別のサイトを閲覧したり、ログイン"
        "したりしようとしました。",
    },
    [PG_CLASS_CONNECT_MAIL] = {
        "A request for a tunnel to a mail server: the sender wanted to send"
        " mail, most likely spam, that seems to come from this server.",
        "メールサーバーへのトンネルを要求したものです。送信者は、このサーバー"
        "から出たように見えるメール (おそらく迷惑メール) を送ろうとしました。",
    },
    [PG_CLASS_CONNECT_OTHER] = {
        "A request for a tunnel to some other port, or to no usable port: the"
        " sender wanted to reach another machine, or the network behind this"
        " server, through it.",
        "その他のポート、または使えないポートへのトンネルを要求したものです。"
        "送信者は、このサーバーを通して別のマシンや、その奥のネットワークに到"
        "達しようとしました。",
    },
    [PG_CLASS_SOCKS] = {
        "A SOCKS greeting, sent to a web server: the sender wanted to know"
        " whether this is a SOCKS proxy that carries any traffic anywhere.",
        "Web サーバーに対して SOCKS の開始要求を送ったものです。送信者は、ど"
        "んな通信でも中継する SOCKS プロキシかどうかを調べようとしました。",
    },
    [PG_CLASS_FOREIGN_HOST] = {
        "An ordinary request, but for the name of a site that is not on this"
        " server: the sender tried whether it is passed on to that site, or"
        " followed a wrong DNS entry here.",
        "形は普通の要求ですが、このサーバーにないサイトの名前が宛先になってい"
        "ます。送信者は、そのサイトへ転送されるかどうかを試したか、誤った DNS"
        " 登録をたどって来たものです。",
    },
    [PG_CLASS_MALFORMED] = {
        "Not a valid request, yet plainly meant as a request to be relayed:"
        " a misprinted URL, a bare destination, or an order such as people"
        " typed at gateways of old.",
        "正しい要求ではありませんが、明らかに中継を求めたものです。書き損じた"
        " URL、宛先だけの行、昔のゲートウェイで使われた命令などです。",
    },
    [PG_CLASS_CHOSEN_BACKEND] = {
        "A reverse proxy was about to connect to a host, or a port, that this"
        " request had named: an open reverse proxy (server-side request"
        " forgery). The rule at fault takes the destination from the Host"
        " field, the path, the query or a header.",
        "リバースプロキシが、この要求の指定したホストまたはポートへ接続しよう"
        "としました (オープンなリバースプロキシ、サーバー側リクエスト偽造)。"
        "接続先を Host、パス、クエリ、ヘッダーから取る設定に問題があります。",
    },
    [PG_CLASS_CLEAN] = {
        "No relay attempt: it asks for something of this server itself, or"
        " for nothing that would have to be carried elsewhere.",
        "中継の試みではありません。このサーバー自身への要求か、よそへの中継を"
        "必要としない内容です。",
    },
};

static const char *const whys[PG_REASON_COUNT][PG_LANG_COUNT] = {
    [PG_REASON_ORIGIN] = {
        "The target begins with a slash: a path on this server.",
        "要求先がスラッシュで始まる、このサーバー上のパスです。",
    },
    [PG_REASON_ASTERISK] = {
        "The target is an asterisk: it means the server as a whole.",
        "要求先がアスタリスクで、サーバー全体を指します。",
    },
    [PG_REASON_OWN] = {
        "The full URL, or the host, names this server.",
        "完全な URL またはホスト名が、このサーバー自身を指しています。",
    },
    [PG_REASON_OTHER_PROTOCOL] = {
        "It is a request of another protocol (RTSP, SIP, ICAP), sent to see"
        " what answers on this port.",
        "このポートで何が応答するかを調べる、別のプロトコル (RTSP、SIP、ICAP)"
        " の要求です。",
    },
    [PG_REASON_NOISE] = {
        "It is no request that could be relayed: it names no destination.",
        "宛先がなく、中継の要求になっていません。",
    },
    [PG_REASON_ABSOLUTE_STRANGER] = {
        "The target is a full URL of a host that is not this server.",
        "要求先が、このサーバーではないホストの完全な URL です。",
    },
    [PG_REASON_ABSOLUTE_PORT] = {
        "The target is a full URL with this server's name, but with a port"
        " on which this web server does not listen: another service behind"
        " the same name.",
        "要求先はこのサーバーの名前を含む完全な URL ですが、この Web サーバー"
        "が待ち受けていないポート、つまり同じ名前の別のサービスを指しています。",
    },
    [PG_REASON_ABSOLUTE_SCHEME] = {
        "The target is a full URL with this server's name, but of a protocol"
        " that only a proxy could speak for the sender (for example ftp).",
        "要求先はこのサーバーの名前を含む完全な URL ですが、プロキシだけが代"
        "わりに話せるプロトコル (ftp など) を使っています。",
    },
    [PG_REASON_CONNECT_AUTHORITY] = {
        "The method is CONNECT with a host and a port: a request for a"
        " tunnel.",
        "メソッドが CONNECT で、ホストとポートが指定された、トンネルの要求です。",
    },
    [PG_REASON_CONNECT_UNUSABLE] = {
        "The method is CONNECT, but the port is missing or is none that"
        " exists.",
        "メソッドは CONNECT ですが、ポートがないか、存在しないポートです。",
    },
    [PG_REASON_SOCKS4] = {
        "The first octets are those of a SOCKS4 request.",
        "先頭のバイト列が SOCKS4 の要求です。",
    },
    [PG_REASON_SOCKS4A] = {
        "The first octets are those of a SOCKS4A request, which gives the"
        " destination by name.",
        "先頭のバイト列が、宛先を名前で指定する SOCKS4A の要求です。",
    },
    [PG_REASON_SOCKS5] = {
        "The first octets are those of a SOCKS5 greeting.",
        "先頭のバイト列が SOCKS5 の開始要求です。",
    },
    [PG_REASON_HOST_STRANGER] = {
        "The Host field names a site that is not on this server.",
        "Host フィールドが、このサーバーにないサイトを指しています。",
    },
    [PG_REASON_BROKEN_ABSOLUTE] = {
        "The target is a misprinted full URL: slashes missing, turned round"
        " or escaped, or no host in it.",
        "要求先が書き損じた完全な URL です (スラッシュの欠落、逆向き、エスケー"
        "プ、ホストの欠落など)。",
    },
    [PG_REASON_BROKEN_CONNECT] = {
        "It is meant as CONNECT, but not as the protocol has it: with a full"
        " URL or a path, in lower case, or with a host that cannot exist.",
        "CONNECT のつもりですが、完全な URL やパスが付いている、小文字で書かれ"
        "ている、ありえないホストであるなど、規格に合っていません。",
    },
    [PG_REASON_BARE_AUTHORITY] = {
        "A host, with or without a port, stands where a path should be.",
        "パスがあるべき所に、ホスト (とポート) だけが書かれています。",
    },
    [PG_REASON_BARE_ORDER] = {
        "The line is an order to connect to a host or to fetch a URL, without"
        " any HTTP around it.",
        "HTTP の形になっておらず、ホストへの接続や URL の取得だけを命じる行です。",
    },
    [PG_REASON_CHOSEN_HOST] = {
        "mod_proxy was about to connect to a host that the configuration does"
        " not name and this request does: in its Host field, path, query or"
        " another header.",
        "mod_proxy が、設定にはなく、この要求 (Host、パス、クエリ、その他の"
        "ヘッダー) だけが指定したホストへ接続しようとしました。",
    },
    [PG_REASON_CHOSEN_PORT] = {
        "mod_proxy was about to connect to a host of the configuration, or to"
        " this server, but on a port that only this request had named.",
        "mod_proxy が、設定にあるホストかこのサーバー自身の、この要求だけが"
        "指定したポートへ接続しようとしました。",
    },
    [PG_REASON_FORWARDED] = {
        "mod_proxy was about to forward the request, and this virtual host is"
        " not meant to be a forward proxy.",
        "フォワードプロキシとして使う設定ではないバーチャルホストで、mod_proxy"
        " が要求を転送しようとしました。",
    },
    [PG_REASON_AUTHORITY] = {
        "Over HTTP/2 with TLS, the request is for a name or an address that is"
        " neither configured here nor in this server's certificate: what a"
        " browser sends to an HTTPS proxy.",
        "TLS 上の HTTP/2 で、設定にもサーバー証明書にもない名前またはアドレス"
        "を要求しています。ブラウザーが HTTPS プロキシに送る形です。",
    },
    [PG_REASON_MASQUE] = {
        "A tunnel for UDP or IP packets, with its destination in the path (RFC"
        " 9298, RFC 9484).",
        "パスに宛先を書いて、UDP または IP パケットのトンネルを求めています"
        " (RFC 9298、RFC 9484)。",
    },
};

const char *pg_explain_class(pg_class_e c, pg_lang_e lang)
{
    if ((unsigned int)c > PG_CLASS_COUNT
        || (unsigned int)lang >= PG_LANG_COUNT) {
        return "";
    }
    return classes[c][lang];
}

const char *pg_explain_reason(pg_reason_e r, pg_lang_e lang)
{
    if ((unsigned int)r >= PG_REASON_COUNT
        || (unsigned int)lang >= PG_LANG_COUNT) {
        return "";
    }
    return whys[r][lang];
}
