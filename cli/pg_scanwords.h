/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What scans and ledgers say at a terminal, in each language. */
#ifndef PG_SCANWORDS_H
#define PG_SCANWORDS_H

/*  X(enum suffix, English, Japanese); %s are numbers or times, already text */
#define PG_SCAN_WORDS(X)                                                      \
    X(NONE, "No relay attempts.", "中継の試みは見つかりませんでした。")       \
    X(FOUND, "%s attempts to use this server as a relay",                     \
      "このサーバーを中継に使おうとする試み: %s 件")                            \
    X(FOUND_ONE, "1 attempt to use this server as a relay",                   \
      "このサーバーを中継に使おうとする試み: 1 件")                             \
    X(PERIOD, ", %s to %s (UTC)", " (%s から %s まで、UTC)")                  \
    X(NO_SUCCESS, "None of them looks as if it succeeded.",                   \
      "成功したと見られるものはありません。")                                 \
    X(SUCCESS, "%s of them were PROBABLY RELAYED: see below.",                \
      "うち %s 件は実際に中継された疑いがあります。下記をご覧ください。")     \
    X(SUCCESS_ONE, "1 of them was PROBABLY RELAYED: see below.",              \
      "うち 1 件は実際に中継された疑いがあります。下記をご覧ください。")      \
    X(NONE_RELAYED, "None of them was relayed.",                              \
      "中継されたものはありません。")                                         \
    X(WERE_RELAYED, "RELAYED: %s of them were carried to their target.",      \
      "中継されました: うち %s 件が宛先に届けられました。")                   \
    X(UNCLEAR, "For %s of them the log cannot tell: see below.",              \
      "うち %s 件はログからは判断できません。下記をご覧ください。")           \
    X(BY_KIND, "Kinds", "種類")                                               \
    X(BY_OUTCOME, "What came of them", "結果")                                \
    X(BY_MONTH, "By month (UTC)", "月別 (UTC)")                               \
    X(SOURCES, "Top sources", "送信元の上位")                                 \
    X(TARGETS, "Top targets", "宛先の上位")                                   \
    X(DISTINCT, "%s different", "%s 種類")                                    \
    X(SUCCEEDED, "Did any succeed?", "成功したものはあるか")                  \
    X(RELAYED, "PROBABLY RELAYED", "中継の疑い")                              \
    X(OPEN, "cannot be told", "判断できず")                                   \
    X(HARMLESS, "harmless", "無害")                                           \
    X(ALL_REFUSED, "No: none was answered with a 2xx.",                       \
      "いいえ: 2xx で応答したものはありません。")                             \
    X(TIMES, "%s times", "%s 件")                                             \
    X(STATUS, "status %s, %s octets", "ステータス %s、%s オクテット")         \
    X(MORE, "... and %s more like these", "ほか %s 種類")                     \
    X(LOST, "%s answers are of none of these: the list outgrew --max-keys.",  \
      "ほか %s 件の応答は、一覧が --max-keys を超えたため残っていません。")     \
    X(TRY, "Try it: curl -x http://THIS-SERVER http://example.com/ must not " \
      "show that site.",                                                      \
      "確認方法: curl -x http://このサーバー http://example.com/ "              \
      "で相手のページが表示されてはいけません。")                             \
    X(EXAMPLES, "Examples", "例")                                             \
    X(LOG, "The log", "ログ")                                                 \
    X(READ, "%s lines in %s files (%s octets)",                               \
      "%s 行、%s ファイル (%s オクテット)")                                   \
    X(EXTENT, ", written %s to %s", "、期間 %s から %s まで")                 \
    X(UNPARSED, "%s lines were not understood, for example:",                 \
      "解釈できなかった行: %s 行。例:")                                       \
    X(OVERSIZE, "%s lines are longer than 1 MiB and were not looked at.",     \
      "1 MiB を超えるため調べなかった行: %s 行")                              \
    X(SILENT, "%s lines have no request (time-outs, closed connections).",    \
      "要求のない行 (時間切れ、切断): %s 行")                                 \
    X(UNTIMED, "%s attempts have no usable time and stand in no month.",      \
      "時刻が使えず月別に含まれない試み: %s 件")                              \
    X(OWN_GIVEN, "Own names: as given.", "自サイト名: 指定どおり。")          \
    X(OWN_LEARNED, "Own names: %s virtual hosts that the log names.",         \
      "自サイト名: ログにあるバーチャルホスト %s 件。")                       \
    X(OWN_UNKNOWN, "Own names: none known, so every absolute-form counts as " \
      "a stranger's; --own-host tells yours.",                                \
      "自サイト名: 不明のため、絶対 URI はすべて他所宛てとして数えました。"   \
      "--own-host で指定できます。")                                          \
    X(APPROXIMATE, "The lists outgrew --max-keys: counts in them may be too " \
      "low by up to %s. Totals and months are exact.",                        \
      "一覧が --max-keys を超えました。一覧の数は最大 %s 少ないことがあり"    \
      "ます。合計と月別は正確です。")                                         \
    X(INTERRUPTED, "INTERRUPTED: this is what was found until then.",         \
      "中断されました: それまでに見つかったものです。")

#define PG_ENUM_SCAN_WORD(sym, en, ja) PG_SCAN_##sym,
typedef enum pg_scan_word_e {
    PG_SCAN_WORDS(PG_ENUM_SCAN_WORD)
    PG_SCAN_WORD_COUNT
} pg_scan_word_e;
#undef PG_ENUM_SCAN_WORD

#endif
