/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The catalogue: every sentence in reports for people, one row each, with a
 * column for each language. {0} to {3} are arguments; {0:attempt|attempts} is
 * the first word when argument 0 is "1" and the second one otherwise; either
 * may contain places itself. What machines read is not here: the names of the
 * vocabulary (core/pg_vocab.h) and of the metrics (pg_metrics.h). */
#ifndef PG_PHRASES_H
#define PG_PHRASES_H

#include <apr_pools.h>

#include "pg_lang.h"
#include "pg_sink.h"
#include "pg_trend.h"
#include "pg_vocab.h"

/*  For each class: a name, and what it asked for with and without a known host
 *  ({0}). */
#define PG_CLASS_PHRASES(X)                                                   \
    X(CLASS_NAME_ABSOLUTE, "Foreign address (GET)",                           \
      "他サーバー宛ての絶対 URI (GET など)")                                  \
    X(CLASS_NAME_CONNECT_TLS, "Tunnel to an encrypted port",                  \
      "暗号化ポートへのトンネル")                                             \
    X(CLASS_NAME_CONNECT_MAIL, "Tunnel to a mail port",                       \
      "メールポートへのトンネル")                                             \
    X(CLASS_NAME_CONNECT_OTHER, "Tunnel to another port",                     \
      "その他のポートへのトンネル")                                           \
    X(CLASS_NAME_SOCKS, "SOCKS greeting", "SOCKS の接続要求")                 \
    X(CLASS_NAME_FOREIGN_HOST, "Foreign Host name",                           \
      "他サイトの Host 名")                                                   \
    X(CLASS_NAME_MALFORMED, "Malformed relay request",                        \
      "不正な形式の中継要求")                                                 \
    X(CLASS_NAME_CHOSEN_BACKEND, "Backend chosen by the client",              \
      "クライアントが選んだ接続先")                                           \
    X(ASKED_ABSOLUTE, "to fetch something from {0}",                          \
      "{0} のページの代理取得")                                               \
    X(ASKED_CONNECT_TLS, "an encrypted tunnel to {0}",                        \
      "{0} への暗号化トンネル")                                               \
    X(ASKED_CONNECT_MAIL, "a tunnel to the mail server {0}",                  \
      "メールサーバー {0} へのトンネル")                                      \
    X(ASKED_CONNECT_OTHER, "a tunnel to {0}", "{0} へのトンネル")             \
    X(ASKED_SOCKS, "a SOCKS relay to {0}", "{0} への SOCKS 中継")             \
    X(ASKED_FOREIGN_HOST, "the site {0}, which is not served here",           \
      "ここにないサイト {0}")                                                 \
    X(ASKED_MALFORMED, "a relay to {0}, in a malformed request",              \
      "{0} への中継 (不正な形式)")                                            \
    X(ASKED_CHOSEN_BACKEND, "a reverse proxy to go to {0}",                   \
      "リバースプロキシ経由の {0} への接続")                                  \
    X(BARE_ABSOLUTE, "to fetch something from elsewhere",                     \
      "他サイトのページの代理取得")                                           \
    X(BARE_CONNECT_TLS, "an encrypted tunnel", "暗号化トンネル")              \
    X(BARE_CONNECT_MAIL, "a tunnel to a mail server",                         \
      "メールサーバーへのトンネル")                                           \
    X(BARE_CONNECT_OTHER, "a tunnel", "トンネル")                             \
    X(BARE_SOCKS, "a SOCKS relay", "SOCKS 中継")                              \
    X(BARE_FOREIGN_HOST, "a site that is not served here",                    \
      "ここにないサイト")                                                     \
    X(BARE_MALFORMED, "a relay, in a malformed request",                      \
      "中継 (不正な形式)")                                                    \
    X(BARE_CHOSEN_BACKEND, "a reverse proxy to go elsewhere",                 \
      "リバースプロキシ経由の接続")

#define PG_VOCAB_PHRASES(X)                                                   \
    X(FAMILY_GET, "GET", "GET")                                               \
    X(FAMILY_CONNECT, "CONNECT", "CONNECT")                                   \
    X(FAMILY_SOCKS, "SOCKS", "SOCKS")                                         \
    X(FAMILY_HOST, "Foreign Host", "他サイトの Host")                         \
    X(FAMILY_REVERSE, "Reverse proxy", "リバースプロキシ")                    \
    X(OUTCOME_DENIED, "denied", "拒否")                                       \
    X(OUTCOME_REFUSED, "refused by httpd", "httpd が拒否")                    \
    X(OUTCOME_DROPPED, "dropped", "無応答で切断")                             \
    X(OUTCOME_OBSERVED, "let through, not relayed",                           \
      "観察のみ (中継なし)")                                                  \
    X(OUTCOME_RELAYED, "RELAYED", "中継された")                               \
    X(OUTCOME_SUNK, "captured, not relayed",                                  \
      "捕捉 (中継なし)")                                                      \
    X(BY_LOG_OBSERVED, "let through, not known to be relayed",                \
      "通過 (中継の有無は不明)")                                              \
    X(POSTURE_UNKNOWN, "not known", "不明")                                   \
    X(POSTURE_NO_PROXY, "no", "いいえ")                                       \
    X(POSTURE_RESTRICTED, "for permitted clients only",                       \
      "許可したクライアント専用")                                             \
    X(POSTURE_OPEN, "by mistake", "設定の誤りにより開放")                     \
    X(POSTURE_ON_PURPOSE, "on purpose", "意図的に開放")                       \
    X(SEVERITY_NOTE, "note", "参考")                                          \
    X(SEVERITY_WARNING, "warning", "警告")                                    \
    X(SEVERITY_CRITICAL, "critical", "重大")                                  \
    X(TOP_SOURCES, "Sources", "送信元")                                       \
    X(TOP_TARGETS, "Targets", "中継先")                                       \
    X(TOP_PORTS, "Target ports", "中継先のポート")                            \
    X(TOP_AGENTS, "User agents", "ユーザーエージェント")

#define PG_PAGE_PHRASES(X)                                                    \
    X(TITLE, "Relay attempts",                                                \
      "不正中継の試行")                                                       \
    X(SUBTITLE, "What third parties asked this server to relay for them.",    \
      "第三者がこのサーバーに中継させようとした要求の記録です。")             \
    X(CANNOT_COUNT,                                                           \
      "The guard is working, but it cannot count: it has no ledger. The "     \
      "error log says why.",                                                  \
      "ガードは機能していますが、台帳がないため記録できません。理由はエラー"  \
      "ログをご覧ください。")                                                 \
    X(MASKED, "Names and addresses are replaced by pseudonyms.",              \
      "名前とアドレスは仮名に置き換えています。")                             \
    X(SKIP, "Skip to the figures",                                            \
      "本文へ移動")                                                           \
    X(Q_OPEN, "Is this server an open proxy?",                                \
      "このサーバーはオープンプロキシか")                                     \
    X(OPEN_NO, "No.",                                                         \
      "いいえ。")                                                             \
    X(OPEN_NO_MORE,                                                           \
      "{0:The virtual host does|None of the {0} virtual hosts} {0:not "       \
      "relay|relays} for third parties.",                                     \
      "第三者のために中継するバーチャルホストはありません (全 {0})。")        \
    X(OPEN_RESTRICTED, "No: for permitted clients only.",                     \
      "いいえ。許可したクライアント専用です。")                               \
    X(OPEN_RESTRICTED_MORE,                                                   \
      "{0} of {1} virtual {1:host|hosts} {0:is a forward proxy|are "          \
      "forward proxies}, restricted to permitted clients.",                   \
      "{1} のバーチャルホストのうち {0} が、アクセスを制限したフォワード"     \
      "プロキシです。")                                                       \
    X(OPEN_MISTAKE, "Configured as one, by mistake.",                         \
      "設定の誤りで開放されています。")                                       \
    X(OPEN_MISTAKE_MORE,                                                      \
      "{0} of {1} virtual {1:host|hosts} would relay for anyone; only "       \
      "this module prevents it. See the findings below.",                     \
      "{1} のバーチャルホストのうち {0} が、誰のためにも中継する設定です"     \
      "。防いでいるのはこのモジュールだけです。下の指摘をご覧ください。")     \
    X(OPEN_BARE, "Yes, by mistake.",                                          \
      "はい。設定の誤りです。")                                               \
    X(OPEN_BARE_MORE,                                                         \
      "{0} of {1} virtual {1:host|hosts} {0:relays|relay} for anyone, and "   \
      "this module does not prevent it there. See the findings below.",       \
      "{1} のバーチャルホストのうち {0} が、誰のためにも中継します。そこで"   \
      "はこのモジュールは防いでいません。下の指摘をご覧ください。")           \
    X(OPEN_PURPOSE, "Yes, on purpose.",                                       \
      "はい。意図的な設定です。")                                             \
    X(OPEN_PURPOSE_MORE,                                                      \
      "{0} of {1} virtual {1:host|hosts} {0:relays|relay} for anyone, as "    \
      "configured.",                                                          \
      "{1} のバーチャルホストのうち {0} が、設定どおり誰のためにも中継し"     \
      "ます。")                                                               \
    X(OPEN_UNKNOWN, "Not known.",                                             \
      "わかりません。")                                                       \
    X(OPEN_UNKNOWN_MORE,                                                      \
      "The configuration of {0} of {1} virtual {1:host|hosts} could not "     \
      "be judged.",                                                           \
      "{1} のバーチャルホストのうち {0} の設定を判定できませんでした。")      \
    X(OPEN_UNSEEN_MORE, "The configuration was not examined.",                \
      "設定は調べていません。")                                               \
    X(Q_RELAYED, "Was anything relayed?",                                     \
      "中継されたものはあるか")                                               \
    X(RELAYED_NO, "No.",                                                      \
      "いいえ。")                                                             \
    X(RELAYED_NO_MORE,                                                        \
      "{0:The only attempt|None of the {0} attempts} was {0:not "             \
      "relayed|relayed}.",                                                    \
      "{0} 件の試行のうち、中継されたものはありません。")                     \
    X(RELAYED_UNWATCHED,                                                      \
      "This module is off, and counts nothing, in {0} of {1} virtual "        \
      "{1:host|hosts} that may relay.",                                       \
      "{1} のバーチャルホストのうち中継しうる {0} では、このモジュールが"     \
      "オフで、何も数えていません。")                                         \
    X(RELAYED_NO_NONE, "There were no attempts.",                             \
      "試行はありませんでした。")                                             \
    X(RELAYED_YES, "Yes: {0}.",                                               \
      "はい。{0} 件です。")                                                   \
    X(RELAYED_YES_MORE,                                                       \
      "{0} of {1} {1:attempt|attempts} {0:was|were} relayed to a third "      \
      "party.",                                                               \
      "{1} 件の試行のうち {0} 件が第三者へ中継されました。")                  \
    X(RELAYED_PROBABLY, "Probably: {0}.",                                     \
      "おそらくあります: {0} 件。")                                           \
    X(RELAYED_PROBABLY_MORE,                                                  \
      "The answers to {0} of {1} {1:attempt|attempts} suggest it: see "       \
      "below.",                                                               \
      "{1} 件の試行のうち {0} 件は、応答から見て中継された疑いがあります"     \
      "。下記をご覧ください。")                                               \
    X(RELAYED_NO_SIGN, "No sign of it.",                                      \
      "その形跡はありません。")                                               \
    X(RELAYED_UNCLEAR, "For {0} {0:attempt|attempts} the log cannot tell.",   \
      "{0} 件はログからは判断できません。")                                   \
    X(RELAYED_JUDGED,                                                         \
      "{0} of {1} {1:attempt|attempts} {0:is|are} recorded as relayed, some " \
      "or all of them judged by the answers in a log.",                       \
      "{1} 件の試行のうち {0} 件が中継されたと記録されていますが、全部または" \
      "一部はログの応答からの判断です。")                                     \
    X(RELAYED_CANNOT,                                                         \
      "For up to {0} {0:attempt|attempts} read from logs, there is no way "   \
      "to tell.",                                                             \
      "ログから読み取った試行のうち、最大 {0} 件は判断できません。")          \
    X(PERMITTED,                                                              \
      "For permitted clients, {0} {0:request was|requests were} relayed.",    \
      "許可したクライアントの要求を {0} 件中継しました。")                    \
    X(Q_NOW, "Is somebody trying now?",                                       \
      "今、試行が続いているか")                                               \
    X(Q_END, "Was somebody trying at the end?",                               \
      "記録の終わりに試行が続いていたか")                                     \
    X(NOW_END, "The records end at {0} UTC.",                                 \
      "記録は {0} UTC までです。")                                            \
    X(NOW_NONE, "Not in the last hour.",                                      \
      "この 1 時間はありません。")                                            \
    X(NOW_SOME, "Yes.",                                                       \
      "はい。")                                                               \
    X(NOW_FEWER, "Yes, less than usual.",                                     \
      "はい。ふだんより少なめです。")                                         \
    X(NOW_USUAL, "Yes, about as usual.",                                      \
      "はい。ふだんと同じ程度です。")                                         \
    X(NOW_MORE, "Yes, more than usual.",                                      \
      "はい。ふだんより多く来ています。")                                     \
    X(NOW_COUNT, "{0} {0:attempt|attempts} in the last hour.",                \
      "直近 1 時間に {0} 件。")                                               \
    X(NOW_USUAL_MORE, "Usually {0} an hour (mean of {1} {1:hour|hours}).",    \
      "ふだんは 1 時間に {0} 件 ({1} 時間の平均)。")                          \
    X(NOW_TOO_EARLY, "It is too early to tell what is usual.",                \
      "ふだんの件数はまだわかりません。")                                     \
    X(NOW_LAST, "The last one was at {0}.",                                   \
      "最後の試行は {0} です。")                                              \
    X(Q_MONTH, "More than before?",                                           \
      "以前より増えているか")                                                 \
    X(MONTH_UNKNOWN, "Too early to tell.",                                    \
      "まだわかりません。")                                                   \
    X(MONTH_NONE, "None this month.",                                         \
      "今月はありません。")                                                   \
    X(MONTH_FEWER, "Fewer than last month.",                                  \
      "先月より減っています。")                                               \
    X(MONTH_USUAL, "About the same as last month.",                           \
      "先月と同じ程度です。")                                                 \
    X(MONTH_MORE, "More than last month.",                                    \
      "先月より増えています。")                                               \
    X(MONTH_COUNT, "{0} {0:attempt|attempts} so far this month.",             \
      "今月はこれまでに {0} 件。")                                            \
    X(MONTH_LAST, "{0} by this day last month.",                              \
      "先月の同じ日までは {0} 件。")                                          \
    X(MONTH_YEAR, "{0} by this day a year ago.",                              \
      "前年同月の同じ日までは {0} 件。")                                      \
    X(MONTH_NO_YEAR, "There are no figures for a year ago.",                  \
      "前年の記録はありません。")                                             \
    X(MONTH_UNEVEN,                                                           \
      "Periods in which more or fewer of the merged ledgers were counting "   \
      "are not compared.",                                                    \
      "統合した台帳のうち、記録していた台帳の数が異なる期間は比較しません。") \
    X(END_UNKNOWN,                                                            \
      "There is too little to compare with.",                                 \
      "比較できる記録がありません。")                                         \
    X(END_NONE,                                                               \
      "None in the records' last month.",                                     \
      "記録の最後の月にはありません。")                                       \
    X(END_FEWER,                                                              \
      "Fewer than in the month before.",                                      \
      "前の月より減っています。")                                             \
    X(END_USUAL,                                                              \
      "About the same as in the month before.",                               \
      "前の月と同じ程度です。")                                               \
    X(END_MORE,                                                               \
      "More than in the month before.",                                       \
      "前の月より増えています。")                                             \
    X(END_COUNT,                                                              \
      "{0} {0:attempt|attempts} in {1}, where the records end.",              \
      "記録が終わる {1}は {0} 件。")                                          \
    X(END_LAST,                                                               \
      "{0} by the same day of the month before.",                             \
      "前の月の同じ日までは {0} 件。")                                        \
    X(END_YEAR,                                                               \
      "{0} by the same day a year before.",                                   \
      "前年同月の同じ日までは {0} 件。")                                      \
    X(Q_SINCE, "Counting since when?",                                        \
      "いつから数えているか")                                                 \
    X(SINCE_TIME, "{0} UTC.",                                                 \
      "{0} UTC。")                                                            \
    X(SINCE_UNKNOWN, "Not known: no attempt has a plausible time.",           \
      "不明です。正しいと思われる日時の試行がありません。")                   \
    X(SINCE_MEMORY,                                                           \
      "The ledger's file cannot be used: without a checkpoint, these counts " \
      "are lost when the server stops.",                                      \
      "台帳のファイルを使えません。チェックポイントがなければ、サーバーを停"  \
      "止するとこの件数は失われます。")                                       \
    X(SINCE_NO_MONTH,                                                         \
      "{0} of them {0:is|are} in no month: their time is missing, in the "    \
      "future, or more than 20 years ago.",                                   \
      "うち {0} 件は、日時がないか、未来か、20 年より前のため、どの月にも"    \
      "含まれません。")                                                       \
    X(SINCE_ELSEWHERE,                                                        \
      "There may be up to {0} more sources: the merged ledgers have "         \
      "different secrets.",                                                   \
      "シークレットの異なる台帳を統合したため、送信元は最大であと {0} 件あ"   \
      "るかもしれません。")                                                   \
    X(HOSTS_IN_ALL,                                                           \
      "{0} of them only {0:asks|ask} in Host for a name that is not ours; "   \
      "the answers above leave these out.",                                   \
      "うち {0} 件は、自サイト以外の名前を Host に示しただけのものです。"     \
      "上の答えには含めていません。")                                         \
    X(HOSTS_MORE,                                                             \
      "{0} of them only {0:asks|ask} in Host for a name that is not ours "    \
      "({1} in the last 24 hours); the answers above leave these out.",       \
      "うち {0} 件は、自サイト以外の名前を Host に示しただけのものです "      \
      "(直近 24 時間に {1} 件)。上の答えには含めていません。")                \
    X(HOST_YOURS,                                                             \
      "{0} {0:visitor|visitors} a day {0:asks|ask} for {1}, which no "        \
      "virtual host names. If it is yours: ProxyGuardOwnHost {1}",            \
      "1 日に {0} 人の訪問者が、どのバーチャルホストにもない {1} を求めてい"  \
      "ます。自サイトの名前であれば: ProxyGuardOwnHost {1}")                  \
    X(SINCE_MORE,                                                             \
      "{0} {0:attempt|attempts} from {1} {1:source|different sources} in "    \
      "all.",                                                                 \
      "合計 {0} 件、送信元は {1} です。")                                     \
    X(SINCE_MORE_ABOUT,                                                       \
      "{0} {0:attempt|attempts} from about {1} {1:source|different "          \
      "sources} in all (± {2} %).",                                           \
      "合計 {0} 件、送信元は約 {1} (± {2} %) です。")                         \
    X(H_HISTORY, "When",                                                      \
      "推移")                                                                 \
    X(CHART_MONTHS, "Attempts per month, by family",                          \
      "月別の件数 (系統別)")                                                  \
    X(CHART_MONTHS_OF,                                                        \
      "Attempts per month: {0}",                                              \
      "月別の件数: {0}")                                                      \
    X(CHART_DAYS_OF,                                                          \
      "Attempts per day: {0}",                                                \
      "日別の件数: {0}")                                                      \
    X(CHART_HOURS, "The last 24 hours, by class",                             \
      "直近 24 時間 (種類別)")                                                \
    X(CHART_MINUTES, "The last 60 minutes, by class",                         \
      "直近 60 分 (種類別)")                                                  \
    X(CHART_ABOUT,                                                            \
      "Bars for {0} periods from {1} to {2}; the highest is {3}. The "        \
      "table below the chart has every value.",                               \
      "{1} から {2} まで {0} 本の棒グラフ。最大は {3} です。すべての値は"     \
      "下の表にあります。")                                                   \
    X(CHART_PARTIAL, "{0} is not over yet: {1} so far.",                      \
      "{0} はまだ途中です (これまでに {1} 件)。")                             \
    X(CHART_ENDED,                                                            \
      "The records end within {0}: {1} until then.",                          \
      "{0} の記録は途中までです ({1} 件)。")                                  \
    X(CHART_NONE, "No attempts in this period.",                              \
      "この期間に試行はありません。")                                         \
    X(CHART_TABLE, "The values as a table",                                   \
      "値を表で見る")                                                         \
    X(SO_FAR, "so far",                                                       \
      "途中")                                                                 \
    X(IN_PART,                                                                \
      "in part",                                                              \
      "一部")                                                                 \
    X(H_ANSWERED, "Did any succeed?",                                         \
      "成功したものはあるか")                                                 \
    X(ANSWERED_NONE, "No: none was answered with a 2xx.",                     \
      "いいえ。2xx で応答したものはありません。")                             \
    X(H_WHAT, "What was asked for",                                           \
      "要求の種類")                                                           \
    X(H_OUTCOMES, "What happened to them",                                    \
      "結果")                                                                 \
    X(H_TOP, "Sources and targets",                                           \
      "送信元と中継先")                                                       \
    X(H_RECENT, "The most recent attempts",                                   \
      "最近の試行")                                                           \
    X(H_VHOSTS, "Virtual hosts",                                              \
      "バーチャルホスト")                                                     \
    X(H_FINDINGS, "What the configuration leaves open",                       \
      "設定についての指摘")                                                   \
    X(H_CLASSES, "What the terms mean",                                       \
      "用語の意味")                                                           \
    X(H_OTHER, "The same data in other formats",                              \
      "ほかの形式")                                                           \
    X(H_EXAMPLES, "Examples",                                                 \
      "例")                                                                   \
    X(H_LOG, "The log",                                                       \
      "ログ")                                                                 \
    X(COL_CLASS, "Class",                                                     \
      "種類")                                                                 \
    X(COL_ALL, "In all",                                                      \
      "全期間")                                                               \
    X(COL_WINDOW, "In the last {0}",                                          \
      "直近 {0}")                                                             \
    X(COL_SHARE, "Share",                                                     \
      "割合")                                                                 \
    X(COL_COUNT, "Attempts",                                                  \
      "件数")                                                                 \
    X(ZONE_DAYS,                                                              \
      "Days and months that began before {0} are those of Coordinated "       \
      "Universal Time: hourly counts are kept for 14 days only.",             \
      "{0} より前に始まった日と月は、協定世界時の区切りで数えています (時間"  \
      "ごとの記録は 14 日分です)。")                                          \
    X(COL_COUNTRY, "Country",                                                 \
      "国")                                                                   \
    X(COL_NETWORK, "Network",                                                 \
      "ネットワーク")                                                         \
    X(COUNTRIES, "Countries of the most frequent sources, in all",            \
      "主な送信元の国 (全期間)")                                              \
    X(COL_TIME, "Time (UTC)",                                                 \
      "時刻 (UTC)")                                                           \
    X(COL_SOURCE, "Source",                                                   \
      "送信元")                                                               \
    X(COL_ASKED, "Asked for",                                                 \
      "要求の内容")                                                           \
    X(COL_OUTCOME, "Outcome",                                                 \
      "結果")                                                                 \
    X(COL_MONTH, "Month",                                                     \
      "月")                                                                   \
    X(COL_HOUR, "Hour (UTC)",                                                 \
      "時 (UTC)")                                                             \
    X(COL_MINUTE, "Minute (UTC)",                                             \
      "分 (UTC)")                                                             \
    X(COL_TOTAL, "All",                                                       \
      "合計")                                                                 \
    X(COL_VHOST, "Virtual host",                                              \
      "バーチャルホスト")                                                     \
    X(COL_POSTURE, "Open proxy?",                                             \
      "オープンプロキシか")                                                   \
    X(COL_JUDGED, "Verdict",                                                  \
      "判定")                                                                 \
    X(COL_REQUEST, "Request",                                                 \
      "要求")                                                                 \
    X(COL_STATUS, "Status",                                                   \
      "ステータス")                                                           \
    X(COL_OCTETS, "Bytes",                                                    \
      "バイト")                                                               \
    X(COL_WHY, "Why",                                                         \
      "理由")                                                                 \
    X(UNIT_MINUTES, "{0} {0:minute|minutes}",                                 \
      "{0} 分")                                                               \
    X(UNIT_HOURS, "{0} {0:hour|hours}",                                       \
      "{0} 時間")                                                             \
    X(UNIT_DAYS, "{0} {0:day|days}",                                          \
      "{0} 日")                                                               \
    X(TOP_NONE, "None yet.",                                                  \
      "まだありません。")                                                     \
    X(TOP_EXACT, "Counts are exact.",                                         \
      "件数は正確です。")                                                     \
    X(TOP_BOUND,                                                              \
      "Anything not listed was seen about {0} {0:time|times} at most; ± "     \
      "is the possible error of a count.",                                    \
      "一覧にないものは、多くても約 {0} 回です。± は誤差の範囲です。")        \
    X(TOP_SHOWN, "{0} of {1} shown",                                          \
      "{1} 件中 {0} 件を表示")                                                \
    X(TOP_SHOWN_LEAST, "{0} of at least {1} shown",                           \
      "{1} 件以上のうち {0} 件を表示")                                        \
    X(TOP_ALL, "all",                                                         \
      "全件を見る")                                                           \
    X(TOP_MORE, "more",                                                       \
      "さらに表示")                                                           \
    X(NOT_SENT, "not sent",                                                   \
      "なし")                                                                 \
    X(UNKNOWN, "unknown",                                                     \
      "不明")                                                                 \
    X(PEER, "peer",                                                           \
      "接続元")                                                               \
    X(OTHERS, "others",                                                       \
      "その他")                                                               \
    X(CUT, "cut",                                                             \
      "以下略")                                                               \
    X(EVIDENCE, "as received",                                                \
      "受信した内容")                                                         \
    X(EV_METHOD, "Method",                                                    \
      "メソッド")                                                             \
    X(EV_TARGET, "Target",                                                    \
      "要求先")                                                               \
    X(EV_VHOST, "Arrived at",                                                 \
      "受信したホスト")                                                       \
    X(EV_WHY, "Recognised by",                                                \
      "判定の根拠")                                                           \
    X(EV_AUTH_SENT, "sent; its value is not kept",                            \
      "あり (値は保存しません)")                                              \
    X(RECENT_NONE, "No attempts yet.",                                        \
      "試行はまだありません。")                                               \
    X(RECENT_OLDER, "No attempts in the last {0}.",                           \
      "直近 {0} に試行はありません。")                                        \
    X(RECENT_OTHERS,                                                          \
      "{0:The only attempt of which details are kept is not|None of the last " \
      "{0} attempts, of which details are kept, is} one of these.",           \
      "詳細を残している直近 {0} 件の中に、該当する試行はありません。")        \
    X(FINDINGS_NONE, "Nothing was found.",                                    \
      "指摘はありません。")                                                   \
    X(FINDINGS_MASKED,                                                        \
      "{0} {0:finding|findings}, left out here because {0:it names|they "     \
      "name} files and hosts.",                                               \
      "{0} 件の指摘があります。ファイル名やホスト名を含むため、ここでは省"    \
      "略しています。")                                                       \
    X(FINDING_MEANS, "What it means:",                                        \
      "影響:")                                                                \
    X(FINDING_FIX, "How to fix it:",                                          \
      "対処:")                                                                \
    X(FAMILY_ABOUT,                                                           \
      "GET stands for requests with a foreign address, whatever their "       \
      "method; CONNECT stands for tunnels. Times and days are in UTC.",       \
      "GET はメソッドを問わず他サーバー宛ての絶対 URI による要求、CONNECT "   \
      "はトンネルの要求です。日時は UTC です。")                              \
    X(ONLY,                                                                   \
      "The charts and the list of recent attempts show only the following; "  \
      "all other figures are unrestricted:",                                  \
      "グラフと最近の試行の一覧だけを絞り込んでいます (ほかの数値は全体です)" \
      ":")                                                                    \
    X(ONLY_RECENT,                                                            \
      "The list of recent attempts shows only the following; all other "      \
      "figures are unrestricted:",                                            \
      "最近の試行の一覧を絞り込んでいます (集計は全体です):")                 \
    X(CHART_CUT,                                                              \
      "{0} is shown as a whole, although only part of it was requested.",     \
      "{0} は一部だけが指定されましたが、月全体を示しています。")             \
    X(ONLY_SINCE, "from {0} UTC",                                             \
      "{0} UTC から")                                                         \
    X(ONLY_UNTIL, "before {0} UTC",                                           \
      "{0} UTC まで")                                                         \
    X(ONLY_ALL, "show all",                                                   \
      "すべて表示")                                                           \
    X(CHART_DAYS, "Attempts per day, by family",                              \
      "日別の件数 (系統別)")                                                  \
    X(COL_DAY, "Day (UTC)",                                                   \
      "日 (UTC)")                                                             \
    X(OPEN_SINK, "No, but it pretends to be one (sink).",                     \
      "いいえ。ただし、そのように装っています (シンク)。")                    \
    X(OPEN_SINK_MORE, "Nothing has left this server.",                        \
      "このサーバーからは何も送り出していません。")                           \
    X(H_SINK, "Mail captured",                                                \
      "捕捉したメール")                                                       \
    X(SINK_MAILS,                                                             \
      "{0} {0:message|messages} in {1} {1:conversation|conversations}, {2} "  \
      "{2:campaign|campaigns}.",                                              \
      "{1} 件のセッションで {0} 通のメール、{2} 件のキャンペーン。")          \
    X(SINK_CUT, "Of these, {0} cut, {1} lost; {2} "                           \
      "{2:conversation|conversations} under way.",                            \
      "このうち途中まで {0} 通、保存できず {1} 通。現在のセッションは {2} "   \
      "件。")                                                                 \
    X(SINK_SPOOL, "File: {0} of {1} KB.",                                     \
      "ファイルは {1} KB のうち {0} KB。")                                    \
    X(SINK_LAST, "The last message arrived",                                  \
      "最後のメール:")                                                        \
    X(SINK_COL_MAILS, "Messages",                                             \
      "メール")                                                               \
    X(SINK_COL_SOURCES, "Sources, about",                                     \
      "送信元 (概数)")                                                        \
    X(SINK_COL_CHARSET, "Charset",                                            \
      "文字セット")                                                           \
    X(SINK_COL_SUBJECT, "Subject",                                            \
      "件名")                                                                 \
    X(SINK_COL_LURE, "First link to",                                         \
      "最初のリンク先")                                                       \
    X(SINK_COL_FIRST, "First (UTC)",                                          \
      "最初 (UTC)")                                                           \
    X(SINK_COL_LAST, "Last (UTC)",                                            \
      "最後 (UTC)")                                                           \
    X(NOT_WATCHED, "not watched",                                             \
      "記録なし")                                                             \
    X(CHART_GAPS, "Grey: not watched.",                                       \
      "灰色の期間は記録がありません。")                                       \
    X(CHART_PALE, "Pale: not over yet.",                                      \
      "淡色は途中の期間です。")                                               \
    X(CHART_PALE_ENDED, "Pale: the records end here.",                        \
      "淡色: 記録の最後の月")                                                 \
    X(COL_FAMILY, "Family",                                                   \
      "系統")                                                                 \
    X(MONTHLY_TITLE, "Relay attempts in {0}",                                 \
      "{0}の不正中継の試行")                                                  \
    X(MONTHLY_NONE,                                                           \
      "There were no attempts in this month, nor in any that it can be "      \
      "compared with.",                                                       \
      "この月にも、比較できる月にも、試行はありません。")                     \
    X(MONTHLY_HOSTS,                                                          \
      "This month, and those that it can be compared with, had only "         \
      "foreign Hosts.",                                                       \
      "この月と比較できる月にあったのは、他サイトの Host だけです。")         \
    X(MONTHLY_AFTER, "The records end before this month begins.",             \
      "記録はこの月より前に終わっています。")                                 \
    X(MONTHLY_BEFORE, "The records begin after this month.",                  \
      "記録はこの月より後に始まっています。")                                 \
    X(MONTHLY_GAP, "There are no records of this month.",                     \
      "この月の記録はありません。")                                           \
    X(MONTHLY_ALONE, "There is no month to compare this one with.",           \
      "比較できる月がありません。")                                           \
    X(MASK_ON, "Mask names for publication",                                  \
      "公開用に名前を伏せる")                                                 \
    X(MASK_OFF, "Show names",                                                 \
      "名前を表示する")                                                       \
    X(OUTPUT_ENDED, "(the rest does not fit)",                                \
      "(以下は画面に収まりません)")

/*  Sentences that only a scan of logs has. JUDGED, GROUND and NAMES in the
 *  order of core/pg_scanned.h. */
#define PG_SCAN_PHRASES(X)                                                    \
    X(FOUND_NONE, "No relay attempts.",                                       \
      "中継の試行は見つかりませんでした。")                                   \
    X(FOUND_UNKNOWN,                                                          \
      "Cannot tell: no attempts were found, but not enough of the logs could " \
      "be read.",                                                             \
      "判断できません: 試行は見つかりませんでしたが、ログを十分に読めません"  \
      "でした。")                                                             \
    X(DOUBT_QUESTIONED,                                                       \
      "{0}: its targets are all full URLs or all paths, so for {1} "          \
      "{1:request|requests} it does not show whether a relay was wanted. "    \
      "Name your hosts with --own-host.",                                     \
      "{0}: 宛先がすべて完全な URL (またはすべてパス) で記録されているた"     \
      "め、{1} 件は中継の要求かどうか分かりません。--own-host で自サイト名"   \
      "を指定してください。")                                                 \
    X(DOUBT_PARTIAL, "{0}: an error log, which does not list all requests.",  \
      "{0}: エラーログのため、すべての要求は記録されていません。")            \
    X(DOUBT_SUSPECT,                                                          \
      "{0}: {1} unread {1:line|lines} may hold attempts.",                    \
      "{0}: 読めない {1} 行に試行が含まれている可能性があります。")           \
    X(DOUBT_UNREAD, "{0}: {1} of {2} lines could not be read.",               \
      "{0}: 全 {2} 行のうち {1} 行を読めませんでした。")                      \
    X(DOUBT_NO_REQUEST, "{0}: no line contains a request.",                   \
      "{0}: 要求を含む行がありません。")                                      \
    X(DOUBT_EMPTY, "{0}: empty.",                                             \
      "{0}: 空です。")                                                        \
    X(DOUBT_CLOSED, "{0}: could not be read, or not completely.",             \
      "{0}: 読めないか、最後まで読めませんでした。")                          \
    X(SCAN_READ_AS, "{0}: read as {1}",                                       \
      "{0}: 形式は {1}")                                                      \
    X(SCAN_READ_INSIDE, "{0}: read as {1} inside {2}",                        \
      "{0}: 形式は {1} ({2} の中)")                                           \
    X(SCAN_NO_CLIENT,                                                         \
      "{0} {0:attempt has|attempts have} no client that could be recognised.", \
      "クライアントが分からない試行: {0} 件")                                 \
    X(SCAN_OTHER,                                                             \
      "{0} {0:line contains|lines contain} no request (messages, column "     \
      "names).",                                                              \
      "要求を含まない行 (メッセージ、列名など): {0} 行")                      \
    X(FOUND, "{0} {0:attempt|attempts} to use this server as a relay.",       \
      "このサーバーを中継に使おうとする試行: {0} 件")                         \
    X(FOUND_BETWEEN,                                                          \
      "{0} {0:attempt|attempts} to use this server as a relay, from {1} "     \
      "to {2} (UTC).",                                                        \
      "このサーバーを中継に使おうとする試行: {0} 件 ({1} から {2} まで、U"    \
      "TC)")                                                                  \
    X(JUDGED_HARMLESS, "harmless",                                            \
      "無害")                                                                 \
    X(JUDGED_UNCLEAR, "cannot tell",                                          \
      "判断できず")                                                           \
    X(JUDGED_RELAYED, "PROBABLY RELAYED",                                     \
      "中継された疑い")                                                       \
    X(GROUND_CONNECT,                                                         \
      "a 2xx to CONNECT without a page opens a tunnel to the target",         \
      "本文のない CONNECT への 2xx は、宛先へのトンネルが開いたことを意味"    \
      "します")                                                               \
    X(GROUND_DIFFERS,                                                         \
      "the length differs from everything this server answers itself",        \
      "応答の長さが、このサーバー自身のどの応答とも異なります")               \
    X(GROUND_HOME,                                                            \
      "its own home page: the same length as its answers to \"GET /\"",       \
      "自サイトのトップページです (\"GET /\" への応答と同じ長さ)")            \
    X(GROUND_SAME_PATH,                                                       \
      "its own page: the same length as its own answers for this path",       \
      "自サイトのページです (このパスへの自身の応答と同じ長さ)")              \
    X(GROUND_SAME_ALWAYS,                                                     \
      "its own page: the same length whatever site was asked for",            \
      "自サイトのページです (どのサイトを求められても同じ長さ)")              \
    X(GROUND_DEFAULT_HOST,                                                    \
      "origin-form: answered by its default virtual host",                    \
      "origin-form のため、既定のバーチャルホストが応答しました")             \
    X(GROUND_NO_LENGTH,                                                       \
      "the log does not give the length of the answer, or it had no body",    \
      "応答の長さがログにないか、本文がありませんでした")                     \
    X(GROUND_NO_HOME,                                                         \
      "the log has no answer of its own to \"GET /\" to compare with",        \
      "比較できる \"GET /\" への自身の応答がログにありません")                \
    X(GROUND_VARIES,                                                          \
      "its own pages vary in length, and this is within their range",         \
      "自サイトのページの長さが一定でなく、その範囲内です")                   \
    X(GROUND_LOGGED, "the log itself says so: outcome=relayed",               \
      "ログ自体に outcome=relayed と記録されています")                        \
    X(GROUND_ONLY_HOME,                                                       \
      "not the length of its home page; to compare it with other pages, the " \
      "logs must be read a second time, and could not be",                    \
      "トップページの長さではありません。ほかのページと比べるには"            \
      "ログを二度読む必要があり、それができませんでした")                     \
    X(SCAN_STATUS, "status {0}, {1} bytes, {2} {2:time|times}",               \
      "ステータス {0}、{1} バイト、{2} 回")                                   \
    X(SCAN_MORE, "... and {0} more like {0:this|these}",                      \
      "ほか {0} 種類")                                                        \
    X(SCAN_LOST,                                                              \
      "{0} {0:answer is|answers are} not listed: the list outgrew "           \
      "--max-keys.",                                                          \
      "ほか {0} 件の応答は、一覧が --max-keys を超えたため残っていません"     \
      "。")                                                                   \
    X(SCAN_TRY,                                                               \
      "Check it: curl -x http://THIS-SERVER http://example.com/ must not "    \
      "show that site.",                                                      \
      "確認方法: curl -x http://このサーバー http://example.com/ で相手の"    \
      "ページが表示されてはいけません。")                                     \
    X(SCAN_READ,                                                              \
      "{0} {0:line|lines} in {1} {1:file|files} ({2} {2:byte|bytes})",        \
      "{1} ファイル、{0} 行 ({2} バイト)")                                    \
    X(SCAN_EXTENT, "written from {0} to {1}",                                 \
      "期間: {0} から {1} まで")                                              \
    X(SCAN_UNPARSED,                                                          \
      "{0} {0:line was|lines were} not understood, for example:",             \
      "解釈できなかった行: {0} 行。例:")                                      \
    X(SCAN_OVERSIZE,                                                          \
      "{0} {0:line is|lines are} longer than 1 MiB and {0:was|were} not "     \
      "examined.",                                                            \
      "1 MiB を超えるため調べなかった行: {0} 行")                             \
    X(SCAN_SILENT,                                                            \
      "{0} {0:line has|lines have} no request (time-outs, closed "            \
      "connections).",                                                        \
      "要求のない行 (時間切れ、切断): {0} 行")                                \
    X(SCAN_UNTIMED,                                                           \
      "{0} {0:attempt has|attempts have} no usable time and {0:is|are} in "   \
      "no month.",                                                            \
      "時刻が使えず、どの月にも入らない試行: {0} 件")                         \
    X(NAMES_UNKNOWN,                                                          \
      "Own names: none known, so every absolute-form request counts as "      \
      "foreign; name yours with --own-host.",                                 \
      "自サイト名: 不明のため、絶対 URI はすべて他サーバー宛てとして数えま"   \
      "した。--own-host で指定できます。")                                    \
    X(NAMES_LEARNED,                                                          \
      "Own names: {0} virtual {0:host|hosts} named in the log.",              \
      "自サイト名: ログにあるバーチャルホスト {0} 件。")                      \
    X(NAMES_GIVEN, "Own names: as given.",                                    \
      "自サイト名: 指定どおり。")                                             \
    X(SCAN_APPROXIMATE,                                                       \
      "The lists outgrew --max-keys: counts in them may be too low by up "    \
      "to {0}. Totals and months are exact.",                                 \
      "一覧が --max-keys を超えました。一覧の件数は最大 {0} 少ないことが"     \
      "あります。合計と月別は正確です。")                                     \
    X(SCAN_INTERRUPTED, "INTERRUPTED: this is what was found so far.",        \
      "中断されました: それまでに見つかったものです。")                       \
    X(SENSORS_TITLE, "Sensors compared",                                      \
      "センサーの比較")                                                       \
    X(SENSORS_MONTHS, "Attempts per month: ",                                 \
      "月別の件数: ")                                                         \
    X(MONTH_PARTIAL, "This month is not over yet.",                           \
      "この月はまだ途中です。")                                               \
    X(MONTH_ENDED, "The records end before this month does.",                 \
      "記録はこの月の途中で終わっています。")

/*  What httpd does with a class of request, and what to do about it; observed
 *  on httpd 2.4. */
#define PG_ADVICE_PHRASES(X)                                                  \
    X(HTTPD_ABSOLUTE,                                                         \
      "Without mod_proxy it serves its own page for that path, usually "      \
      "with 200, which scanners take for an open proxy; to ftp:// and other " \
      "schemes it answers 400. With ProxyRequests On and no access "          \
      "restriction it fetches the page: a relay.",                            \
      "mod_proxy がなければ自サイトのページを返します (多くは 200 で、オ"     \
      "ープンプロキシと誤認されます)。ftp:// などには 400 を返します。"       \
      "ProxyRequests On で制限がなければ、"                                   \
      "実際にそのページを取りに行きます。これが中継です。")                   \
    X(HTTPD_CONNECT_TLS,                                                      \
      "Without mod_proxy_connect it answers 405. With it, ProxyRequests "     \
      "On and no access restriction it opens the tunnel: port 443 is "        \
      "allowed by default.",                                                  \
      "mod_proxy_connect がなければ 405 を返します。あれば、ProxyRequests "   \
      "On で制限がない場合にトンネルを開きます (443 番は既定で許可)。")       \
    X(HTTPD_CONNECT_MAIL,                                                     \
      "Without mod_proxy_connect it answers 405. With it, it opens the "      \
      "tunnel only if AllowCONNECT names the port, and then spam goes out "   \
      "from here.",                                                           \
      "mod_proxy_connect がなければ 405 を返します。あっても、AllowCONNEC"    \
      "T にそのポートがある場合にだけトンネルを開きます。そのとき迷惑メー"    \
      "ルはここから送信されます。")                                           \
    X(HTTPD_CONNECT_OTHER,                                                    \
      "Without mod_proxy_connect it answers 405, or 400 if there is no "      \
      "port. With it, it opens the tunnel only if AllowCONNECT names the "    \
      "port.",                                                                \
      "mod_proxy_connect がなければ 405 (ポートがなければ 400) を返します"    \
      "。あっても、AllowCONNECT にそのポートがある場合にだけトンネルを開"     \
      "きます。")                                                             \
    X(HTTPD_SOCKS,                                                            \
      "It waits for a request line until its timeout, or answers 400. It "    \
      "does not speak SOCKS.",                                                \
      "要求行を待ち続けて時間切れになるか、400 を返します。SOCKS には対応し"  \
      "ていません。")                                                         \
    X(HTTPD_FOREIGN_HOST,                                                     \
      "It serves the first virtual host of that address and port.",           \
      "そのアドレスとポートの最初のバーチャルホストが応答します。")           \
    X(HTTPD_MALFORMED,                                                        \
      "It answers most of these with 400, and some with its own page.",       \
      "多くには 400 を返しますが、自サイトのページを返すこともあります。")    \
    X(HTTPD_CHOSEN_BACKEND,                                                   \
      "mod_proxy connects to the host that the request names, unless the "    \
      "guard stops it. A log line alone never shows this class: only the "    \
      "running guard sees where mod_proxy is about to go.",                   \
      "ガードが止めない限り、mod_proxy は要求が指定したホストへ接続します"    \
      "。接続先が見えるのは稼働中のガードだけで、ログの行からはわかりませ"    \
      "ん。")                                                                 \
    X(HTTPD_CLEAN, "It serves or refuses it, as configured.",                 \
      "設定に従って応答するか、拒否します。")                                 \
    X(ADVICE_ABSOLUTE,                                                        \
      "Nothing, as long as `proxyguard audit` finds no open proxy. "          \
      "Refusing the request, as mod_proxyguard does, keeps scanners from "    \
      "taking this server for one.",                                          \
      "`proxyguard audit` でオープンプロキシが見つからなければ、対処は不"     \
      "要です。mod_proxyguard で拒否すれば、オープンプロキシと誤認されな"     \
      "くなります。")                                                         \
    X(ADVICE_CONNECT_TLS,                                                     \
      "Nothing, as long as `proxyguard audit` finds no open proxy. "          \
      "Refusing the request, as mod_proxyguard does, keeps scanners from "    \
      "taking this server for one.",                                          \
      "`proxyguard audit` でオープンプロキシが見つからなければ、対処は不"     \
      "要です。mod_proxyguard で拒否すれば、オープンプロキシと誤認されな"     \
      "くなります。")                                                         \
    X(ADVICE_CONNECT_MAIL,                                                    \
      "Make sure that AllowCONNECT names no mail port, and that the web "     \
      "server's user cannot reach port 25 elsewhere.",                        \
      "AllowCONNECT にメールのポートがないこと、Web サーバーのユーザーか"     \
      "ら外部の 25 番ポートへ接続できないことを確かめてください。")           \
    X(ADVICE_CONNECT_OTHER,                                                   \
      "Nothing, as long as `proxyguard audit` finds no open proxy. "          \
      "Refusing the request, as mod_proxyguard does, keeps scanners from "    \
      "taking this server for one.",                                          \
      "`proxyguard audit` でオープンプロキシが見つからなければ、対処は不"     \
      "要です。mod_proxyguard で拒否すれば、オープンプロキシと誤認されな"     \
      "くなります。")                                                         \
    X(ADVICE_SOCKS,                                                           \
      "Nothing. ProxyGuardPeek counts those that leave no line in the "       \
      "access log.",                                                          \
      "対処は不要です。アクセスログに残らないものは ProxyGuardPeek で数え"    \
      "られます。")                                                           \
    X(ADVICE_FOREIGN_HOST,                                                    \
      "Let the first virtual host serve nothing of value, and check "         \
      "whether somebody's DNS still points here.",                            \
      "最初のバーチャルホストを既定の応答専用にし、古い DNS の登録が残っ"     \
      "ていないか調べてください。")                                           \
    X(ADVICE_MALFORMED,                                                       \
      "Nothing, as long as `proxyguard audit` finds no open proxy. "          \
      "Refusing the request, as mod_proxyguard does, keeps scanners from "    \
      "taking this server for one.",                                          \
      "`proxyguard audit` でオープンプロキシが見つからなければ、対処は不"     \
      "要です。mod_proxyguard で拒否すれば、オープンプロキシと誤認されな"     \
      "くなります。")                                                         \
    X(ADVICE_CHOSEN_BACKEND,                                                  \
      "Name the backend in the rule at fault, or name the intended "          \
      "backends with ProxyGuardBackend.",                                     \
      "設定にバックエンドを明記するか、意図したものを ProxyGuardBackend "     \
      "で指定してください。")                                                 \
    X(ADVICE_CLEAN, "Nothing.",                                               \
      "対処は不要です。")

/*  Further sentences of `proxyguard explain`. */
#define PG_EXPLAIN_PHRASES(X)                                                 \
    X(TOLD_CLEAN, "Not a relay attempt.",                                     \
      "中継の試行ではありません。")                                           \
    X(TOLD_ATTEMPT,                                                           \
      "An attempt to use this server as a relay; the text does not say how "  \
      "it was answered.",                                                     \
      "このサーバーを中継に使おうとする試行です。どう応答されたかは書かれ"    \
      "ていません。")                                                         \
    X(TOLD_REFUSED,                                                           \
      "An attempt to use this server as a relay; it did not work (status "    \
      "{0}).",                                                                \
      "このサーバーを中継に使おうとする試行ですが、成功していません (ステ"    \
      "ータス {0})。")                                                        \
    X(TOLD_RELAYED,                                                           \
      "An attempt to use this server as a relay, and it probably worked "     \
      "(status {0}).",                                                        \
      "このサーバーを中継に使おうとする試行で、成功した疑いがあります (ス"    \
      "テータス {0})。")                                                      \
    X(TOLD_UNCLEAR,                                                           \
      "An attempt to use this server as a relay; whether it worked cannot "   \
      "be told from this line alone (status {0}).",                           \
      "このサーバーを中継に使おうとする試行です。成功したかどうかは、この"    \
      "行だけでは判断できません (ステータス {0})。")                          \
    X(TOLD_STOPPED,                                                           \
      "An attempt to use this server as a relay; it did not work (the log "   \
      "itself says: {0}).",                                                   \
      "このサーバーを中継に使おうとする試行ですが、成功していません (ログ"    \
      "の記録: {0})。")                                                       \
    X(TOLD_CARRIED,                                                           \
      "An attempt to use this server as a relay, and it worked: the log "     \
      "itself says that it was relayed.",                                     \
      "このサーバーを中継に使おうとする試行で、成功しています。中継された"    \
      "とログ自体に記録されています。")                                       \
    X(TOLD_UNKNOWN,                                                           \
      "Cannot tell: this is neither a request nor a log line that could be "  \
      "read.",                                                                \
      "判断できません: 要求でも、読める形式のログの行でもありません。")       \
    X(TOLD_NOTHING,                                                           \
      "No request: the client sent nothing, or not a whole line, before "     \
      "the connection ended. Browsers open such connections in advance; so "  \
      "do port scanners.",                                                    \
      "要求はありません。クライアントが何も送らないか、行の途中まで送ったと"  \
      "ころで、接続が終わりました。ブラウザーの先行接続やポートスキャンで起"  \
      "こります。")                                                           \
    X(TOLD_MESSAGE,                                                           \
      "Cannot tell: a log message that contains no request.",                 \
      "判断できません: 要求を含まないログのメッセージです。")                 \
    X(TOLD_QUESTION,                                                          \
      "Cannot tell: this log writes all targets alike, as full URLs or as "   \
      "paths, whatever the client sent. Name your hosts with --own-host.",    \
      "判断できません: このログでは、クライアントが何を送っても、すべての宛"  \
      "先が完全な URL (またはパス) で記録されます。--own-host で自サイト名"   \
      "を指定してください。")                                                 \
    X(TOLD_TLS,                                                               \
      "Not a relay attempt: a TLS hello on a port that does not speak TLS "   \
      "(https:// to port 80, or a scan for it).",                             \
      "中継の試行ではありません。TLS ではないポートへの TLS の接続開始です "  \
      "(80 番への https://、またはスキャン)。")                               \
    X(TOLD_SSH,                                                               \
      "Not a relay attempt: an SSH client's greeting; somebody looked for "   \
      "SSH on this port.",                                                    \
      "中継の試行ではありません。このポートで SSH を探した、SSH クライアン"   \
      "トの接続開始です。")                                                   \
    X(TOLD_SMTP,                                                              \
      "Not a relay attempt over HTTP: a mail client's command (SMTP), sent "  \
      "to a web server.",                                                     \
      "HTTP による中継の試行ではありません。Web サーバーに送られたメール "    \
      "(SMTP) のコマンドです。")                                              \
    X(TOLD_HTTP2,                                                             \
      "Not a relay attempt: the preface of HTTP/2, sent to a port that does " \
      "not speak it.",                                                        \
      "中継の試行ではありません。HTTP/2 に対応していないポートへの HTTP/2 "   \
      "の接続開始です。")                                                     \
    X(TOLD_RDP,                                                               \
      "Not a relay attempt: a Remote Desktop (RDP) connection request; "      \
      "somebody looked for Windows servers.",                                 \
      "中継の試行ではありません。Windows サーバーを探す、リモートデスクト"    \
      "ップ (RDP) の接続要求です。")                                          \
    X(PART_GROUND, "Judged by",                                               \
      "判断の根拠")                                                           \
    X(PART_INTENT, "Purpose",                                                 \
      "目的")                                                                 \
    X(PART_CLIENT, "Client",                                                  \
      "クライアント")                                                         \
    X(PART_STATUS, "Status",                                                  \
      "ステータス")                                                           \
    X(PART_METHOD, "Method",                                                  \
      "メソッド")                                                             \
    X(PART_TARGET, "Target",                                                  \
      "要求先")                                                               \
    X(PART_FORM, "Form",                                                      \
      "形式")                                                                 \
    X(FORM_NONE, "none of the four",                                          \
      "四つの形式のどれでもない")                                             \
    X(PART_SCHEME, "Scheme",                                                  \
      "スキーム")                                                             \
    X(PART_USERINFO, "User info",                                             \
      "ユーザー情報")                                                         \
    X(PART_HOST, "Host",                                                      \
      "ホスト")                                                               \
    X(PART_PORT, "Port",                                                      \
      "ポート")                                                               \
    X(PART_PATH, "Path",                                                      \
      "パス")                                                                 \
    X(PART_PROTOCOL, "Protocol",                                              \
      "プロトコル")                                                           \
    X(PART_FIELD, "Host field",                                               \
      "Host フィールド")                                                      \
    X(PART_CLASS, "Class",                                                    \
      "分類")                                                                 \
    X(PART_FAMILY, "Family",                                                  \
      "系統")                                                                 \
    X(PART_IS, "What it is",                                                  \
      "これは何か")                                                           \
    X(PART_WHY, "Recognised by",                                              \
      "判定の根拠")                                                           \
    X(PART_HTTPD, "What httpd does",                                          \
      "httpd の動作")                                                         \
    X(PART_GUARD, "What the guard does",                                      \
      "ガードの動作")                                                         \
    X(PART_ADVICE, "What to do",                                              \
      "対処")                                                                 \
    X(GUARD_PASSES, "By default it counts the request and lets it pass.",     \
      "既定では数えるだけで通します。")                                       \
    X(GUARD_DENIES, "By default it answers {0} and closes the connection.",   \
      "既定では {0} を返して接続を閉じます。")

/*  How one month compares with another. CHANGE and ALSO in the order of
 *  pg_change_e: {0} is the family, {1} the month compared with, {2} by how
 *  much. */
#define PG_TREND_PHRASES(X)                                                   \
    X(CHANGE_NEW, "{0} has appeared since {1}",                               \
      "{1}にはなかった {0} が現れました")                                     \
    X(CHANGE_MANIFOLD, "{0} has more than tripled since {1}",                 \
      "{1}と比べて、{0} は 3 倍を超えました")                                 \
    X(CHANGE_DOUBLED, "{0} has more than doubled since {1}",                  \
      "{1}と比べて、{0} は 2 倍を超えました")                                 \
    X(CHANGE_RISEN, "{0} has risen by {2} since {1}",                         \
      "{1}と比べて、{0} は {2} 増えました")                                   \
    X(CHANGE_SAME, "{0} is unchanged since {1}",                              \
      "{1}と比べて、{0} は横ばいです")                                        \
    X(CHANGE_UNSURE, "{0} has not changed significantly since {1}",           \
      "{1}と比べて、{0} の差は偶然の範囲です")                                \
    X(CHANGE_FALLEN, "{0} has fallen by {2} since {1}",                       \
      "{1}と比べて、{0} は {2} 減りました")                                   \
    X(CHANGE_HALVED, "{0} has more than halved since {1}",                    \
      "{1}と比べて、{0} は半分未満になりました")                              \
    X(CHANGE_GONE, "{0} has disappeared since {1}",                           \
      "{1}にあった {0} は、なくなりました")                                   \
    X(ALSO_NEW, "{0} has appeared",                                           \
      "{0} が現れました")                                                     \
    X(ALSO_MANIFOLD, "{0} has more than tripled",                             \
      "{0} は 3 倍を超えました")                                              \
    X(ALSO_DOUBLED, "{0} has more than doubled",                              \
      "{0} は 2 倍を超えました")                                              \
    X(ALSO_RISEN, "{0} has risen by {2}",                                     \
      "{0} は {2} 増えました")                                                \
    X(ALSO_SAME, "{0} is unchanged",                                          \
      "{0} は横ばいです")                                                     \
    X(ALSO_UNSURE, "{0} has not changed significantly",                       \
      "{0} の差は偶然の範囲です")                                             \
    X(ALSO_FALLEN, "{0} has fallen by {2}",                                   \
      "{0} は {2} 減りました")                                                \
    X(ALSO_HALVED, "{0} has more than halved",                                \
      "{0} は半分未満になりました")                                           \
    X(ALSO_GONE, "{0} has disappeared",                                       \
      "{0} は途絶えました")                                                   \
    X(CLAUSES, "{0}; {1}",                                                    \
      "{0}。{1}")                                                             \
    X(CLAUSES_END, "{0}.",                                                    \
      "{0}。")                                                                \
    X(COURSE, "{0}",                                                          \
      "{0}")                                                                  \
    X(COURSE_FIGURES, "{0}: {1} in {2}.",                                     \
      "{2}の {0}: {1} 件。")                                                  \
    X(MONTH_NAME_LAST_YEAR, "{0} last year",                                  \
      "昨年 {0}")                                                             \
    X(MONTH_NAME_YEAR, "{0} {1}",                                             \
      "{1} 年 {0}")                                                           \
    X(MONTH_NAME_1, "January",                                                \
      "1 月")                                                                 \
    X(MONTH_NAME_2, "February",                                               \
      "2 月")                                                                 \
    X(MONTH_NAME_3, "March",                                                  \
      "3 月")                                                                 \
    X(MONTH_NAME_4, "April",                                                  \
      "4 月")                                                                 \
    X(MONTH_NAME_5, "May",                                                    \
      "5 月")                                                                 \
    X(MONTH_NAME_6, "June",                                                   \
      "6 月")                                                                 \
    X(MONTH_NAME_7, "July",                                                   \
      "7 月")                                                                 \
    X(MONTH_NAME_8, "August",                                                 \
      "8 月")                                                                 \
    X(MONTH_NAME_9, "September",                                              \
      "9 月")                                                                 \
    X(MONTH_NAME_10, "October",                                               \
      "10 月")                                                                \
    X(MONTH_NAME_11, "November",                                              \
      "11 月")                                                                \
    X(MONTH_NAME_12, "December",                                              \
      "12 月")

/*  What an attempt was for, in the order of core/pg_intent.h. */
#define PG_INTENT_PHRASES(X)                                                  \
    X(INTENT_UNKNOWN, "unknown",                                              \
      "不明")                                                                 \
    X(INTENT_CHECK, "to check whether this is an open proxy",                 \
      "オープンプロキシかどうかの確認")                                       \
    X(INTENT_METADATA, "the credentials of a cloud machine",                  \
      "クラウド上のマシンの認証情報")                                         \
    X(INTENT_LOCAL, "a service on this machine",                              \
      "このマシン上のサービス")                                               \
    X(INTENT_PRIVATE, "a private network",                                    \
      "プライベートネットワーク")                                             \
    X(INTENT_MAIL, "to send mail",                                            \
      "メール送信")                                                           \
    X(INTENT_IRC, "IRC chat",                                                 \
      "IRC チャット")                                                         \
    X(INTENT_RDP, "Remote Desktop",                                           \
      "リモートデスクトップ")                                                 \
    X(INTENT_SSH, "SSH log-ins",                                              \
      "SSH ログイン")                                                         \
    X(INTENT_MINING, "cryptocurrency mining",                                 \
      "暗号資産の採掘")                                                       \
    X(INTENT_ADS, "paid advertising clicks",                                  \
      "広告クリックの水増し")                                                 \
    X(INTENT_DNS, "DNS over HTTPS",                                           \
      "DNS over HTTPS")

/*  What a request of each class is and what its sender wanted, or why it is no
 *  attempt; and how it was recognised: in plain words for people who have never
 *  heard of a relay. */
#define PG_MEANING_PHRASES(X)                                                 \
    X(MEANS_ABSOLUTE,                                                         \
      "A request for a page of another site, sent to this server as if it "   \
      "were a proxy: the sender wanted this server to fetch the page and "    \
      "hide who asked for it.",                                               \
      "このサーバーをプロキシとみなして、別の Web サイトのページを要求した"   \
      "ものです。送信者は、このサーバーにそのページを取りに行かせ、自分の身"  \
      "元を隠そうとしました。")                                               \
    X(MEANS_CONNECT_TLS,                                                      \
      "A request for a tunnel to an encrypted service on another host: the "  \
      "sender wanted to browse or log in elsewhere from this server's "       \
      "address.",                                                             \
      "別のホストの暗号化されたサービスへのトンネルを要求したものです。送信"  \
      "者は、このサーバーのアドレスから別のサイトを閲覧したり、ログインした"  \
      "りしようとしました。")                                                 \
    X(MEANS_CONNECT_MAIL,                                                     \
      "A request for a tunnel to a mail server: the sender wanted to send "   \
      "mail, most likely spam, that seems to come from this server.",         \
      "メールサーバーへのトンネルを要求したものです。送信者は、このサーバー"  \
      "から出たように見えるメール (おそらく迷惑メール) を送ろうとしました。") \
    X(MEANS_CONNECT_OTHER,                                                    \
      "A request for a tunnel to some other port, or to no usable port:"      \
      " the sender wanted to reach another machine, or the network behind"    \
      " this server, through it.",                                            \
      "その他のポート、または使えないポートへのトンネルを要求したものです"    \
      "。送信者は、このサーバーを通して別のマシンや、その奥のネットワーク"    \
      "に到達しようとしました。")                                             \
    X(MEANS_SOCKS,                                                            \
      "A SOCKS greeting, sent to a web server: the sender wanted to know "    \
      "whether this is a SOCKS proxy that relays any traffic anywhere.",      \
      "Web サーバーに SOCKS の接続要求を送ったものです。送信者は、どんな通"   \
      "信でも中継する SOCKS プロキシかどうかを調べようとしました。")          \
    X(MEANS_FOREIGN_HOST,                                                     \
      "An ordinary request, except that it names a site that is not on "      \
      "this server: the sender was testing whether it would be passed on "    \
      "to that site, or followed a wrong DNS record here.",                   \
      "形は普通の要求ですが、このサーバーにないサイトの名前が宛先になってい"  \
      "ます。送信者は、そのサイトへ転送されるかどうかを試したか、誤った DNS"  \
      " レコードに従ってこのサーバーに接続しました。")                        \
    X(MEANS_MALFORMED,                                                        \
      "Not a valid request, but plainly meant to be relayed: a mangled "      \
      "URL, a bare destination, or a command of the kind once typed at "      \
      "gateways.",                                                            \
      "正しい要求ではありませんが、明らかに中継を求めたものです。書式の崩れ"  \
      "た URL、宛先だけの行、昔のゲートウェイで使われたコマンドなどです。")   \
    X(MEANS_CHOSEN_BACKEND,                                                   \
      "A reverse proxy was about to connect to a host, or a port, that "      \
      "this request had named: an open reverse proxy (server-side request "   \
      "forgery). The rule at fault takes the destination from the Host "      \
      "field, the path, the query or a header.",                              \
      "リバースプロキシが、この要求の指定したホストまたはポートへ接続しよう"  \
      "としました (オープンなリバースプロキシ、サーバーサイドリクエストフォ"  \
      "ージェリ)。接続先を Host、パス、クエリ、ヘッダーから取る設定に問題が"  \
      "あります。")                                                           \
    X(MEANS_CLEAN,                                                            \
      "Not a relay attempt: it asks for something on this server, or for "    \
      "nothing that would have to be relayed.",                               \
      "中継の試行ではありません。このサーバー自身への要求か、中継を必要とし"  \
      "ない内容です。")                                                       \
    X(WHY_ORIGIN,                                                             \
      "The target begins with a slash: a path on this server.",               \
      "要求先がスラッシュで始まる、このサーバー上のパスです。")               \
    X(WHY_ASTERISK,                                                           \
      "The target is an asterisk: it means the server as a whole.",           \
      "要求先がアスタリスクで、サーバー全体を指します。")                     \
    X(WHY_OWN,                                                                \
      "The full URL, or the host, names this server.",                        \
      "完全な URL またはホスト名が、このサーバー自身を指しています。")        \
    X(WHY_OTHER_PROTOCOL,                                                     \
      "A request of another protocol (RTSP, SIP, ICAP), sent to see what "    \
      "answers on this port.",                                                \
      "このポートで何が応答するかを調べる、別のプロトコル (RTSP、SIP、ICAP)"  \
      " の要求です。")                                                        \
    X(WHY_NOISE,                                                              \
      "There is nothing to relay: the request names no destination.",         \
      "宛先がなく、中継の要求になっていません。")                             \
    X(WHY_ABSOLUTE_STRANGER,                                                  \
      "The target is a full URL of a host that is not this server.",          \
      "要求先が、このサーバーではないホストの完全な URL です。")              \
    X(WHY_ABSOLUTE_PORT,                                                      \
      "The target is a full URL with this server's name, but with a port "    \
      "on which this web server does not listen: another service with the "   \
      "same name.",                                                           \
      "要求先はこのサーバーの名前を含む完全な URL ですが、この Web サーバー"  \
      "が待ち受けていないポート、つまり同じ名前の別のサービスを指しています。") \
    X(WHY_ABSOLUTE_SCHEME,                                                    \
      "The target is a full URL with this server's name, but for a "          \
      "protocol that only a proxy could speak on the sender's behalf (ftp, "  \
      "for example).",                                                        \
      "要求先はこのサーバーの名前を含む完全な URL ですが、プロキシだけが代"   \
      "わりに話せるプロトコル (ftp など) を使っています。")                   \
    X(WHY_CONNECT_AUTHORITY,                                                  \
      "The method is CONNECT with a host and a port: a request for a"         \
      " tunnel.",                                                             \
      "メソッドが CONNECT で、ホストとポートが指定された、トンネルの要求"     \
      "です。")                                                               \
    X(WHY_CONNECT_UNUSABLE,                                                   \
      "The method is CONNECT, but the port is missing or impossible.",        \
      "メソッドは CONNECT ですが、ポートがないか、ありえないポートです。")    \
    X(WHY_SOCKS4, "The first bytes are those of a SOCKS4 request.",           \
      "先頭のバイト列が SOCKS4 の要求です。")                                 \
    X(WHY_SOCKS4A,                                                            \
      "The first bytes are those of a SOCKS4A request, which gives the "      \
      "destination by name.",                                                 \
      "先頭のバイト列が、宛先を名前で指定する SOCKS4A の要求です。")          \
    X(WHY_SOCKS5, "The first bytes are those of a SOCKS5 greeting.",          \
      "先頭のバイト列が SOCKS5 の接続要求です。")                             \
    X(WHY_HOST_STRANGER,                                                      \
      "The Host field names a site that is not on this server.",              \
      "Host フィールドが、このサーバーにないサイトを指しています。")          \
    X(WHY_BROKEN_ABSOLUTE,                                                    \
      "The target is a mangled full URL: slashes missing, reversed or "       \
      "escaped, or no host.",                                                 \
      "要求先が書式の崩れた完全な URL です (スラッシュの欠落、逆向き、エス"   \
      "ケープ、ホストの欠落など)。")                                          \
    X(WHY_BROKEN_CONNECT,                                                     \
      "Meant as CONNECT, but not in the form that the protocol prescribes: "  \
      "with a full URL or a path, in lower case, or with an impossible "      \
      "host.",                                                                \
      "CONNECT を意図していますが、完全な URL やパスが付いている、小文字で"   \
      "書かれている、ありえないホストであるなど、規格に合っていません。")     \
    X(WHY_BARE_AUTHORITY,                                                     \
      "The target is just a host, with or without a port, where a path "      \
      "should be.",                                                           \
      "パスがあるべき所に、ホスト (とポート) だけが書かれています。")         \
    X(WHY_BARE_ORDER,                                                         \
      "The line is a command to connect to a host or to fetch a URL, not "    \
      "HTTP at all.",                                                         \
      "HTTP の形になっておらず、ホストへの接続や URL の取得だけを命じる行で"  \
      "す。")                                                                 \
    X(WHY_CHOSEN_HOST,                                                        \
      "mod_proxy was about to connect to a host that this request names, "    \
      "and the configuration does not: in its Host field, path, query or "    \
      "another header.",                                                      \
      "mod_proxy が、設定にはなく、この要求 (Host、パス、クエリ、その他のヘ"  \
      "ッダー) だけが指定したホストへ接続しようとしました。")                 \
    X(WHY_CHOSEN_PORT,                                                        \
      "mod_proxy was about to connect to a host in the configuration, or "    \
      "to this server, but on a port that only this request had named.",      \
      "mod_proxy が、設定にあるホストかこのサーバー自身の、この要求だけが指"  \
      "定したポートへ接続しようとしました。")                                 \
    X(WHY_FORWARDED,                                                          \
      "mod_proxy was about to forward the request, and this virtual host"     \
      " is not meant to be a forward proxy.",                                 \
      "フォワードプロキシとして使う設定ではないバーチャルホストで、"          \
      "mod_proxy が要求を転送しようとしました。")                             \
    X(WHY_AUTHORITY,                                                          \
      "Over HTTP/2 with TLS, the request is for a name or an address that"    \
      " is neither configured here nor in this server's certificate: what"    \
      " a browser sends to an HTTPS proxy.",                                  \
      "TLS 上の HTTP/2 で、設定にもサーバー証明書にもない名前またはアドレ"    \
      "スを要求しています。ブラウザーが HTTPS プロキシに送る形です。")        \
    X(WHY_MASQUE,                                                             \
      "A tunnel for UDP or IP packets, whose destination is in the path "     \
      "(RFC 9298, RFC 9484).",                                                \
      "パスに宛先を書いて、UDP または IP パケットのトンネルを求めています ("  \
      "RFC 9298、RFC 9484)。")

#define PG_PHRASES(X) \
    PG_CLASS_PHRASES(X) PG_MEANING_PHRASES(X) PG_VOCAB_PHRASES(X) \
    PG_PAGE_PHRASES(X) PG_SCAN_PHRASES(X) PG_ADVICE_PHRASES(X) \
    PG_EXPLAIN_PHRASES(X) PG_TREND_PHRASES(X) PG_INTENT_PHRASES(X)

#define PG_ENUM_PHRASE(sym, ...) PG_PHRASE_##sym,
typedef enum pg_phrase_e {
    PG_PHRASES(PG_ENUM_PHRASE)
    PG_PHRASE_COUNT
} pg_phrase_e;
#undef PG_ENUM_PHRASE

/** The word of one member of a list: words are in the list's order, so that
 *   PG_PHRASE_OF(OUTCOME_DENIED, outcome) needs no table. A unit test
 *  compares. */
#define PG_PHRASE_OF(first, i) ((pg_phrase_e)(PG_PHRASE_##first + (int)(i)))

/** The text with its places for arguments; "" outside the list. */
const char *pg_phrases_get(pg_lang_e lang, pg_phrase_e word);

/** An argument: text, and markup of ours around it (NULL for none). */
typedef struct pg_arg_t {
    pg_span_t text;
    const char *open;
    const char *close;
} pg_arg_t;

/**
 * Write a phrase with its arguments; the text and the arguments go through
 * escape, the markup does not.
 * @param args  as many as the word has places; NULL when it has none
 */
void pg_phrases_say(pg_sink_t *sink, void (*escape)(pg_sink_t *, pg_span_t),
                    const char *text, const pg_arg_t *args);

/**
 * The same into a string, unescaped, for what goes through an escaper later.
 * @return in pool
 */
const char *pg_phrases_text(apr_pool_t *pool, pg_lang_e lang,
                            pg_phrase_e word, const char *a, const char *b,
                            const char *c);

#endif
