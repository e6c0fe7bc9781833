/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What httpd makes of a request, and what to do about it: by class. Observed
 * on httpd 2.4; what it *is* stands in core/pg_explain.h. */
#ifndef PG_EXPLAINWORDS_H
#define PG_EXPLAINWORDS_H

#define PG_NO_RELAY_EN                                                        \
    "Nothing, as long as `proxyguard audit` finds no open proxy. Refusing "   \
    "it, as mod_proxyguard does, keeps scanners from taking this server for " \
    "one."
#define PG_NO_RELAY_JA                                                        \
    "`proxyguard audit` で公開プロキシが見つからなければ対処は不要です。"     \
    "mod_proxyguard で拒否すれば、プロキシと誤認されなくなります。"

/*  X(class, httpd en, httpd ja, advice en, advice ja) */
#define PG_EXPLAIN_WORDS(X)                                                   \
    X(ABSOLUTE,                                                               \
      "Without mod_proxy it serves its own page for that path, usually with " \
      "200, which scanners take for an open proxy. With ProxyRequests On "    \
      "and nothing that restricts access it fetches the page: a relay.",      \
      "mod_proxy がなければ自サイトのページを返します (多くは 200 で、"       \
      "公開プロキシと誤認されます)。ProxyRequests On で制限がなければ、"      \
      "実際に取りに行きます。これが中継です。",                               \
      PG_NO_RELAY_EN, PG_NO_RELAY_JA)                                         \
    X(CONNECT_TLS,                                                            \
      "Without mod_proxy_connect it answers 405. With it, ProxyRequests On "  \
      "and no restriction it opens the tunnel: port 443 is allowed by "       \
      "default.",                                                             \
      "mod_proxy_connect がなければ 405 を返します。あれば ProxyRequests On " \
      "で制限がない場合、トンネルを開きます (443 番は既定で許可)。",          \
      PG_NO_RELAY_EN, PG_NO_RELAY_JA)                                         \
    X(CONNECT_MAIL,                                                           \
      "Without mod_proxy_connect it answers 405. With it, only if "           \
      "AllowCONNECT names the port, it opens the tunnel and spam goes out "   \
      "from here.",                                                           \
      "mod_proxy_connect がなければ 405 を返します。あっても AllowCONNECT "   \
      "にそのポートがある場合だけトンネルを開き、迷惑メールが出ていきます。", \
      "Make sure that AllowCONNECT names no mail port, and that outgoing "    \
      "port 25 is closed to the web server's user.",                          \
      "AllowCONNECT にメールのポートがないこと、Web サーバーから外向きの "    \
      "25 番が閉じていることを確かめてください。")                            \
    X(CONNECT_OTHER,                                                          \
      "Without mod_proxy_connect it answers 405, or 400 when there is no "    \
      "port. With it, only if AllowCONNECT names the port, it opens the "     \
      "tunnel.",                                                              \
      "mod_proxy_connect がなければ 405 (ポートがなければ 400) を返します。"  \
      "あっても AllowCONNECT にそのポートがある場合だけトンネルを開きます。", \
      PG_NO_RELAY_EN, PG_NO_RELAY_JA)                                         \
    X(SOCKS,                                                                  \
      "It waits for a line that does not come and gives up after its "        \
      "timeout, or answers 400. It speaks no SOCKS.",                         \
      "来ない行を待ち続けて時間切れになるか、400 を返します。SOCKS には"      \
      "対応していません。",                                                   \
      "Nothing. ProxyGuardPeek counts those that leave no line in the log.",  \
      "対処は不要です。ログに残らないものは ProxyGuardPeek で数えられます。") \
    X(FOREIGN_HOST,                                                           \
      "It serves the first virtual host of that address and port.",           \
      "そのアドレスとポートの最初のバーチャルホストが応答します。",           \
      "Make the first virtual host one that answers nothing of value; look "  \
      "whether somebody's DNS still points here.",                            \
      "最初のバーチャルホストを既定の応答専用にし、古い DNS の登録が"         \
      "残っていないか調べてください。")                                       \
    X(MALFORMED,                                                              \
      "It answers 400 to most of these; to some it serves its own page.",     \
      "多くには 400 を返しますが、自サイトのページを返すこともあります。",    \
      PG_NO_RELAY_EN, PG_NO_RELAY_JA)                                         \
    X(CHOSEN_BACKEND,                                                         \
      "mod_proxy connects to the host that the request named, unless the "    \
      "guard stops it. A log line alone never shows this class: only the "    \
      "running guard sees where mod_proxy is about to go.",                   \
      "ガードが止めない限り、mod_proxy は要求が指定したホストへ接続します。"  \
      "接続先が見えるのは稼働中のガードだけで、ログの行からは分かりません。", \
      "Name the backend in the rule at fault, or the backends that are "      \
      "meant with ProxyGuardBackend.",                                        \
      "設定にバックエンドを明記するか、意図したものを ProxyGuardBackend で"   \
      "指定してください。")                                                   \
    X(CLEAN,                                                                  \
      "It serves it, or refuses it, as the configuration says.",              \
      "設定に従って応答するか、拒否します。",                                 \
      "Nothing.",                                                             \
      "対処は不要です。")

#endif
