/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include "pg_escape.h"
#include "pg_phrases.h"

/* Which arguments a text uses, a bit each. */
static unsigned places(const char *text)
{
    unsigned out = 0;

    for (const char *p = strchr(text, '{'); p; p = strchr(p + 1, '{')) {
        ck_assert_msg(p[1] >= '0' && p[1] <= '3'
                      && (p[2] == '}' || p[2] == ':'), "%s", text);
        out |= 1u << (p[1] - '0');
    }
    return out;
}

PG_TEST_SUITE(phrases);

PG_TEST_TIMES(every_phrase_has_a_text_in_every_language_with_the_same_places,
              PG_PHRASE_COUNT)
{
    pg_phrase_e phrase = (pg_phrase_e)_i;
    const char *english = pg_phrases_get(PG_LANG_EN, phrase);

    for (int l = 0; l < PG_LANG_COUNT; l++) {
        const char *text = pg_phrases_get((pg_lang_e)l, phrase);

        ck_assert_msg(text && *text, "%s lacks %s", english,
                      pg_lang_tag((pg_lang_e)l));
        ck_assert_msg(places(text) == places(english), "%s: %s",
                      english, text);
    }
}

/* PG_PHRASE_OF() counts on it. */
#define SAME_ORDER(sym, ...)                                              \
    ck_assert_int_eq(PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, PG_CLASS_##sym),   \
                     PG_PHRASE_CLASS_NAME_##sym);                         \
    ck_assert_int_eq(PG_PHRASE_OF(ASKED_ABSOLUTE, PG_CLASS_##sym),        \
                     PG_PHRASE_ASKED_##sym);                              \
    ck_assert_int_eq(PG_PHRASE_OF(BARE_ABSOLUTE, PG_CLASS_##sym),         \
                     PG_PHRASE_BARE_##sym);                               \
    ck_assert_int_eq(PG_PHRASE_OF(MEANS_ABSOLUTE, PG_CLASS_##sym),        \
                     PG_PHRASE_MEANS_##sym);
#define SAME_REASON(sym, ...)                                             \
    ck_assert_int_eq(PG_PHRASE_OF(WHY_ORIGIN, PG_REASON_##sym),           \
                     PG_PHRASE_WHY_##sym);
#define SAME_FAMILY(sym, ...)                                             \
    ck_assert_int_eq(PG_PHRASE_OF(FAMILY_GET, PG_FAMILY_##sym),           \
                     PG_PHRASE_FAMILY_##sym);
#define SAME_OUTCOME(sym, ...)                                            \
    ck_assert_int_eq(PG_PHRASE_OF(OUTCOME_DENIED, PG_OUTCOME_##sym),      \
                     PG_PHRASE_OUTCOME_##sym);
#define SAME_POSTURE(sym, ...)                                            \
    ck_assert_int_eq(PG_PHRASE_OF(POSTURE_UNKNOWN, PG_POSTURE_##sym),     \
                     PG_PHRASE_POSTURE_##sym);

PG_TEST(phrases_stand_in_the_order_of_the_vocabulary)
{
    PG_CLASSES(SAME_ORDER)
    PG_REASONS(SAME_REASON)
    PG_FAMILIES(SAME_FAMILY)
    PG_OUTCOMES(SAME_OUTCOME)
    PG_POSTURES(SAME_POSTURE)
}

static const struct {
    const char *text, *a, *b, *said;
} sayings[] = {
    { "nothing", "1", "2", "nothing" },
    { "{0} {0:attempt|attempts}", "1", "2", "1 attempt" },
    { "{0} {0:attempt|attempts}", "12", "2", "12 attempts" },
    { "{1} before {0}", "a", "b", "b before a" },
    { "<{0}>", "<&>", "b", "&lt;&lt;&amp;&gt;&gt;" },
    { "{0}", "{1}", "b", "{1}" },
    { "{0:one of {1}|{0} of {1}}", "1", "7", "one of 7" },
    { "{0:one of {1}|{0} of {1}}.", "3", "7", "3 of 7." },
    { "{0:a {1:b|c}|d {1:e|f}}", "2", "1", "d e" },
};

PG_TEST_EACH(arguments_are_put_in_their_places_and_escaped, sayings)
{
    char said[256] = "";
    pg_buffer_t room = { .at = said, .left = sizeof(said) - 1 };
    pg_sink_t sink = pg_sink_buffer(&room);
    pg_arg_t args[4] = { { .text = pg_span_str(sayings[_i].a) },
                         { .text = pg_span_str(sayings[_i].b) } };

    pg_phrases_say(&sink, pg_escape_html, sayings[_i].text, args);
    ck_assert_int_eq(sink.status, APR_SUCCESS);
    ck_assert_str_eq(said, sayings[_i].said);
}

PG_TEST(only_the_markup_of_ours_is_not_escaped)
{
    char said[100] = "";
    pg_buffer_t room = { .at = said, .left = sizeof(said) - 1 };
    pg_sink_t sink = pg_sink_buffer(&room);
    pg_arg_t args[4] = { { pg_span_str("<1>"), "<a>", "</a>" },
                         { pg_span_str("1"), "<b>", "</b>" },
                         { pg_span_str("2"), "<c>", NULL },
                         { pg_span_str("3"), NULL, "<d>" } };

    pg_phrases_say(&sink, pg_escape_html, "{0}&{1}{1: of {2}|}{2}{3}.", args);
    ck_assert_int_eq(sink.status, APR_SUCCESS);
    ck_assert_str_eq(said, "<a>&lt;1&gt;</a>&amp;<b>1</b> of <c>2<c>23<d>.");
}
