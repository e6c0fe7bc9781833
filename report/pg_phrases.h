/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Every sentence the reports say to people, once, in each language. {0} to
 * {3} are arguments; {0:attempt|attempts} is the first word when argument 0 is
 * "1" and the second one otherwise. What machines read is not here: the names
 * of the vocabulary (core/pg_vocab.h) and of the metrics (pg_metrics.h). */
#ifndef PG_PHRASES_H
#define PG_PHRASES_H

#include "pg_explain.h"
#include "pg_sink.h"
#include "pg_trend.h"
#include "pg_vocab.h"

/** A language's own name for itself. */
const char *pg_phrases_lang(pg_lang_e lang);

/*  For each class: a name, and what it asked for with and without a known host
 *  ({0}). What it is, in a sentence, is pg_explain.h's. */
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
    X(CLASS_NAME_MALFORMED, "Broken relay request", "壊れた中継要求")         \
    X(CLASS_NAME_CHOSEN_BACKEND, "Backend chosen by the client",              \
      "要求が選んだバックエンド")                                             \
    X(ASKED_ABSOLUTE, "to fetch something from {0}",                          \
      "{0} からの代理取得")                                                   \
    X(ASKED_CONNECT_TLS, "an encrypted tunnel to {0}",                        \
      "{0} への暗号化トンネル")                                               \
    X(ASKED_CONNECT_MAIL, "a tunnel to the mail server {0}",                  \
      "メールサーバー {0} へのトンネル")                                      \
    X(ASKED_CONNECT_OTHER, "a tunnel to {0}", "{0} へのトンネル")             \
    X(ASKED_SOCKS, "a SOCKS relay to {0}", "{0} への SOCKS 中継")             \
    X(ASKED_FOREIGN_HOST, "the site {0}, which is not served here",           \
      "ここにないサイト {0}")                                                 \
    X(ASKED_MALFORMED, "a relay to {0}, in a broken request",                 \
      "{0} への中継(壊れた要求)")                                           \
    X(ASKED_CHOSEN_BACKEND, "a reverse proxy to go to {0}",                   \
      "リバースプロキシ経由の {0} への接続")                                  \
    X(BARE_ABSOLUTE, "to fetch something from elsewhere", "他所からの代理取得")\
    X(BARE_CONNECT_TLS, "an encrypted tunnel", "暗号化トンネル")              \
    X(BARE_CONNECT_MAIL, "a tunnel to a mail server",                         \
      "メールサーバーへのトンネル")                                           \
    X(BARE_CONNECT_OTHER, "a tunnel", "トンネル")                             \
    X(BARE_SOCKS, "a SOCKS relay", "SOCKS 中継")                              \
    X(BARE_FOREIGN_HOST, "a site that is not served here",                    \
      "ここにないサイト")                                                     \
    X(BARE_MALFORMED, "a relay, in a broken request", "中継(壊れた要求)")   \
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
    X(OUTCOME_OBSERVED, "let pass, not carried", "観察のみ(中継なし)")      \
    X(OUTCOME_RELAYED, "RELAYED", "中継された")                               \
    X(OUTCOME_SUNK, "captured, not relayed", "捕捉(中継なし)")              \
    X(POSTURE_UNKNOWN, "not known", "不明")                                   \
    X(POSTURE_NO_PROXY, "no", "いいえ")                                       \
    X(POSTURE_RESTRICTED, "for permitted clients only", "許可した利用者のみ") \
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
    X(TITLE, "Relay attempts", "不正中継の試み")                              \
    X(SUBTITLE, "What strangers asked this server to carry for them.",        \
      "第三者がこのサーバーに求めた中継の記録です。")                         \
    X(CANNOT_COUNT,                                                           \
      "The guard is at work, but it cannot count: it has no ledger. The "     \
      "error log says why.",                                                  \
      "防御は働いていますが、記録ファイルがないため計数できません。理由は"    \
      "エラーログにあります。")                                               \
    X(MASKED, "Names and addresses are replaced by pseudonyms.",              \
      "名前とアドレスは仮名に置き換えてあります。")                           \
    X(SKIP, "To the figures", "本文へ")                                       \
    X(Q_OPEN, "Is this server an open proxy?",                                \
      "このサーバーはオープンプロキシか")                                     \
    X(OPEN_NO, "No.", "いいえ。")                                             \
    X(OPEN_NO_MORE, "No virtual host relays for strangers ({0} looked at).",  \
      "第三者のために中継するバーチャルホストはありません (全 {0})。")        \
    X(OPEN_RESTRICTED, "No: for permitted clients only.",                     \
      "いいえ。許可した利用者のみです。")                                     \
    X(OPEN_RESTRICTED_MORE,                                                   \
      "{0} of {1} virtual {1:host|hosts} {0:is a forward proxy|are forward "  \
      "proxies} whose access control lets in only some.",                     \
      "{1} のうち {0} のバーチャルホストが、アクセス制限付きの"               \
      "フォワードプロキシです。")                                             \
    X(OPEN_MISTAKE, "Configured as one, by mistake.",                         \
      "設定の誤りにより、開放されています。")                                 \
    X(OPEN_MISTAKE_MORE,                                                      \
      "{0} of {1} virtual {1:host|hosts} would relay for anyone; only the "   \
      "guard is in the way. See what was found below.",                       \
      "{1} のうち {0} のバーチャルホストが誰のためにも中継する設定です。"     \
      "防いでいるのはこのモジュールだけです。下の指摘をご覧ください。")       \
    X(OPEN_PURPOSE, "Yes, on purpose.", "はい。意図した設定です。")           \
    X(OPEN_PURPOSE_MORE,                                                      \
      "{0} of {1} virtual {1:host|hosts} {0:relays|relay} for anyone, as "    \
      "configured.",                                                          \
      "{1} のうち {0} のバーチャルホストが、設定どおり誰のためにも中継し"     \
      "ます。")                                                               \
    X(OPEN_UNKNOWN, "Not known.", "わかりません。")                           \
    X(OPEN_UNKNOWN_MORE,                                                      \
      "The configuration of {0} of {1} virtual {1:host|hosts} could not be "  \
      "judged.",                                                              \
      "{1} のうち {0} のバーチャルホストの設定を判定できませんでした。")      \
    X(OPEN_UNSEEN_MORE, "The configuration was not looked at.",               \
      "設定は調べられていません。")                                           \
    X(Q_RELAYED, "Was anything relayed?", "中継されたものはあるか")           \
    X(RELAYED_NO, "Nothing.", "ありません。")                                 \
    X(RELAYED_NO_MORE, "None of {0} {0:attempt|attempts} was carried.",       \
      "{0} 件の試みのうち、中継されたものはありません。")                     \
    X(RELAYED_NO_NONE, "There was no attempt.", "試みはありませんでした。")   \
    X(RELAYED_YES, "Yes: {0}.", "はい。{0} 件です。")                         \
    X(RELAYED_YES_MORE,                                                       \
      "{0} of {1} {1:attempt|attempts} {0:was|were} carried to a third "      \
      "party.",                                                               \
      "{1} 件のうち {0} 件が第三者へ中継されました。")                        \
    X(RELAYED_PROBABLY, "Probably: {0}.", "おそらく。{0} 件です。")             \
    X(RELAYED_PROBABLY_MORE,                                                  \
      "{0} of {1} {1:attempt|attempts} got an answer that speaks for it: "    \
      "see below.",                                                           \
      "{1} 件のうち {0} 件は、応答からそう見られます。下記をご覧ください。")    \
    X(RELAYED_NO_SIGN, "There is no sign of it.", "その形跡はありません。")   \
    X(RELAYED_UNCLEAR, "For {0} {0:attempt|attempts} the log cannot tell.",   \
      "{0} 件はログからは判断できません。")                                   \
    X(PERMITTED, "For permitted clients, {0} {0:request was|requests were} "  \
      "carried.",                                                             \
      "許可した利用者の要求 {0} 件を中継しました。")                          \
    X(Q_NOW, "Is somebody trying now?", "今、試みられているか")               \
    X(NOW_NONE, "Not in the last hour.", "この 1 時間はありません。")         \
    X(NOW_SOME, "Yes.", "はい。")                                             \
    X(NOW_FEWER, "Yes, less than usual.", "はい。通常より少なめです。")       \
    X(NOW_USUAL, "Yes, about as usual.", "はい。通常どおりです。")            \
    X(NOW_MORE, "Yes, more than usual.", "はい。通常より多く来ています。")    \
    X(NOW_COUNT, "{0} {0:attempt|attempts} in the last hour.",                \
      "直近 1 時間に {0} 件。")                                               \
    X(NOW_USUAL_MORE,                                                         \
      "The usual is {0} an hour (mean of {1} {1:hour|hours}).",               \
      "通常は 1 時間に {0} 件 ({1} 時間の平均)。")                            \
    X(NOW_TOO_EARLY, "It is too early to say what is usual.",                 \
      "通常の件数はまだわかりません。")                                       \
    X(NOW_LAST, "The last one came at {0}.", "最後の試みは {0} です。")       \
    X(Q_MONTH, "More than before?", "以前より多いか")                         \
    X(MONTH_UNKNOWN, "Too early to say.", "まだわかりません。")               \
    X(MONTH_NONE, "None this month.", "今月はありません。")                   \
    X(MONTH_FEWER, "Fewer than last month.", "先月より少なめです。")          \
    X(MONTH_USUAL, "About as last month.", "先月と同じ程度です。")            \
    X(MONTH_MORE, "More than last month.", "先月より多くなっています。")      \
    X(MONTH_COUNT, "{0} {0:attempt|attempts} so far this month.",             \
      "今月はこれまでに {0} 件。")                                            \
    X(MONTH_LAST, "{0} by this day of last month.", "先月の同日までは {0} 件。")\
    X(MONTH_YEAR, "{0} by this day of this month a year ago.",                \
      "前年同月の同日までは {0} 件。")                                        \
    X(MONTH_NO_YEAR, "A year ago it did not count yet.",                      \
      "前年の記録はありません。")                                             \
    X(Q_SINCE, "Counting since when?", "いつから数えているか")                \
    X(SINCE_MORE,                                                             \
      "{0} {0:attempt|attempts} from {1} different {1:source|sources} in "    \
      "all.",                                                                 \
      "合計 {0} 件、送信元は {1} です。")                                     \
    X(SINCE_MORE_ABOUT,                                                       \
      "{0} {0:attempt|attempts} from about {1} different {1:source|sources} " \
      "in all (± {2} %).",                                                    \
      "合計 {0} 件、送信元は約 {1} (± {2} %) です。")                         \
    X(H_HISTORY, "When", "時期")                                              \
    X(CHART_MONTHS, "Attempts per month, by family", "月別の件数(系統別)")  \
    X(CHART_HOURS, "The last 24 hours, by class", "直近 24 時間(種類別)")   \
    X(CHART_MINUTES, "The last 60 minutes, by class", "直近 60 分(種類別)") \
    X(CHART_ABOUT,                                                            \
      "Bars for {0} periods from {1} to {2}; the highest is {3}. The table "  \
      "below the chart has every value.",                                     \
      "{1} から {2} まで {0} 本の棒グラフ。最大は {3} です。すべての値は下の" \
      "表にあります。")                                                       \
    X(CHART_PARTIAL, "{0} is not over yet: so far {1}.",                      \
      "{0} は途中で、これまでに {1} です。")                                  \
    X(CHART_NONE, "No attempt in this time.", "この期間の試みはありません。") \
    X(CHART_TABLE, "The values as a table", "値を表で見る")                   \
    X(SO_FAR, "so far", "途中")                                               \
    X(H_ANSWERED, "Did any succeed?", "成功したものはあるか")                 \
    X(ANSWERED_NONE, "No: none was answered with a 2xx.",                     \
      "いいえ: 2xx で応答したものはありません。")                             \
    X(H_WHAT, "What was asked for", "求められた内容")                         \
    X(H_TOP, "Who, and to where", "誰が、どこへ")                             \
    X(H_RECENT, "The most recent attempts", "最近の試み")                     \
    X(H_VHOSTS, "Virtual hosts", "バーチャルホスト")                          \
    X(H_FINDINGS, "What the configuration leaves open", "設定についての指摘") \
    X(H_CLASSES, "What the words mean", "用語の意味")                         \
    X(H_OTHER, "The same for machines", "機械向けの形式")                     \
    X(COL_CLASS, "Class", "種類")                                             \
    X(COL_ALL, "Since the start", "全期間")                                   \
    X(COL_WINDOW, "In the last {0}", "直近 {0}")                              \
    X(COL_SHARE, "Share", "割合")                                             \
    X(COL_COUNT, "Attempts", "件数")                                          \
    X(COL_TIME, "Time (UTC)", "時刻 (UTC)")                                   \
    X(COL_SOURCE, "Source", "送信元")                                         \
    X(COL_ASKED, "Asked for", "求めた内容")                                   \
    X(COL_OUTCOME, "Outcome", "結果")                                         \
    X(COL_MONTH, "Month", "月")                                               \
    X(COL_HOUR, "Hour (UTC)", "時 (UTC)")                                     \
    X(COL_MINUTE, "Minute (UTC)", "分 (UTC)")                                 \
    X(COL_TOTAL, "All", "合計")                                               \
    X(COL_VHOST, "Virtual host", "バーチャルホスト")                          \
    X(COL_POSTURE, "Open proxy?", "オープンプロキシか")                       \
    X(COL_JUDGED, "Judged", "判定")                                           \
    X(COL_REQUEST, "Request", "要求")                                         \
    X(COL_STATUS, "Status", "ステータス")                                     \
    X(COL_OCTETS, "Octets", "オクテット")                                     \
    X(COL_WHY, "Why", "理由")                                                 \
    X(UNIT_MINUTES, "{0} {0:minute|minutes}", "{0} 分")                       \
    X(UNIT_HOURS, "{0} {0:hour|hours}", "{0} 時間")                           \
    X(UNIT_DAYS, "{0} {0:day|days}", "{0} 日")                                \
    X(TOP_NONE, "None yet.", "まだありません。")                              \
    X(TOP_EXACT, "Complete list, exact counts.", "すべて、正確な件数です。")  \
    X(TOP_BOUND,                                                              \
      "What is not listed came at most about {0} {0:time|times}. ± is how "   \
      "far a count may be off.",                                              \
      "ここにないものは多くても約 {0} 回です。± は誤差の範囲です。")          \
    X(TOP_MORE, "{0} more are known; ask with top={1}.",                      \
      "ほかに {0} あります。top={1} で表示できます。")                        \
    X(NOT_SENT, "not sent", "なし")                                           \
    X(UNKNOWN, "unknown", "不明")                                             \
    X(PEER, "peer", "接続元")                                                 \
    X(OTHERS, "others", "その他")                                             \
    X(CUT, "cut", "以下略")                                                   \
    X(EVIDENCE, "as received", "受信内容")                                    \
    X(EV_METHOD, "Method", "メソッド")                                        \
    X(EV_TARGET, "Target", "要求先")                                          \
    X(EV_VHOST, "Arrived at", "受信先")                                       \
    X(EV_WHY, "Recognised by", "判定の理由")                                  \
    X(EV_AUTH, "Proxy-Authorization", "Proxy-Authorization")                  \
    X(EV_AUTH_SENT, "sent; its value is not kept", "あり(内容は保存しません)")\
    X(RECENT_NONE, "No attempt yet.", "まだ試みはありません。")               \
    X(RECENT_OLDER, "No attempt in the last {0}.",                            \
      "直近 {0} の試みはありません。")                                        \
    X(FINDINGS_NONE, "Nothing was found.", "指摘はありません。")              \
    X(FINDINGS_MASKED,                                                        \
      "{0} {0:finding|findings}; they name files and hosts and are left out " \
      "here.",                                                                \
      "{0} 件の指摘があります。ファイル名やホスト名を含むため、省略してい"    \
      "ます。")                                                               \
    X(FINDING_MEANS, "What it gives an attacker:", "攻撃者にできること:")     \
    X(FINDING_FIX, "How to close it:", "対処:")                               \
    X(READ_MORE, "The rule: {0}", "規格: {0}")                                \
    X(FAMILY_ABOUT,                                                           \
      "GET means requests with a foreign address whatever their method; "     \
      "CONNECT means tunnels. Times and days are in UTC.",                    \
      "GET はメソッドを問わず絶対 URI による要求、CONNECT はトンネルの要求"   \
      "です。日時は UTC です。")                                              \
    X(FOOT, "{0}, page made {1}", "{0}、{1} 作成")                            \
    X(LANGUAGE, "Language", "言語")                                           \
    X(MASK_ON, "Mask names for publication", "公開用に名前を伏せる")          \
    X(MASK_OFF, "Show names", "名前を表示")

#define PG_PHRASES(X) \
    PG_CLASS_PHRASES(X) PG_VOCAB_PHRASES(X) PG_PAGE_PHRASES(X)

#define PG_ENUM_PHRASE(sym, ...) PG_PHRASE_##sym,
typedef enum pg_phrase_e {
    PG_PHRASES(PG_ENUM_PHRASE)
    PG_PHRASE_COUNT
} pg_phrase_e;
#undef PG_ENUM_PHRASE

/** The word of one member of a list: words stand in the list's order, so
 *  that PG_PHRASE_OF(OUTCOME_DENIED, outcome) needs no table. A unit test
 *  compares. */
#define PG_PHRASE_OF(first, i) ((pg_phrase_e)(PG_PHRASE_##first + (int)(i)))

/** The text with its places for arguments; "" outside the list. */
const char *pg_phrases_get(pg_lang_e lang, pg_phrase_e word);

/** The name of a word, for tests and lints. */
const char *pg_phrases_name(pg_phrase_e word);

/** An argument: text, and markup of ours around it (NULL for none). */
typedef struct pg_arg_t {
    pg_span_t text;
    const char *open;
    const char *close;
} pg_arg_t;

/**
 * Say a word with its arguments; the text and the arguments go through
 * escape, the markup does not.
 * @param args  as many as the word has places; NULL when it has none
 */
void pg_phrases_say(pg_sink_t *sink, void (*escape)(pg_sink_t *, pg_span_t),
                    const char *text, const pg_arg_t *args);

#endif
