/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include "pg_phrases.h"
#include "pg_policy.h"
#include "pg_portclass.h"
#include "pg_reach.h"

static void one_sentence(const char *s)
{
    size_t n = strlen(s);
    bool japanese = (unsigned char)s[0] >= 0x80 || strstr(s, "。");

    ck_assert_uint_gt(n, 20);
    ck_assert_msg(japanese ? strcmp(s + n - 3, "。") == 0 : s[n - 1] == '.',
                  "no full stop: %s", s);
    ck_assert_msg(!strpbrk(s, "<>&\n\t"), "markup: %s", s);
    ck_assert_msg(japanese || !strstr(s, "  "), "two blanks: %s", s);
}

PG_TEST_SUITE(words);

PG_TEST(every_class_and_reason_is_explained_in_every_language)
{
    for (int lang = 0; lang < PG_LANG_COUNT; lang++) {
        for (int c = 0; c <= PG_CLASS_CLEAN; c++) {
            one_sentence(pg_phrases_get(
                (pg_lang_e)lang, PG_PHRASE_OF(MEANS_ABSOLUTE, c)));
        }
        for (int r = 0; r < PG_REASON_COUNT; r++) {
            one_sentence(pg_phrases_get(
                (pg_lang_e)lang, PG_PHRASE_OF(WHY_ORIGIN, r)));
        }
    }
}

PG_TEST(numbers_outside_the_lists_are_harmless)
{
    ck_assert_str_eq(pg_phrases_get(PG_LANG_EN, (pg_phrase_e)9999), "");
    ck_assert_str_eq(pg_lang_tag((pg_lang_e)99), "?");
    ck_assert_str_eq(pg_vocab_class((pg_class_e)99), "?");
    ck_assert_str_eq(pg_vocab_family((pg_family_e)99), "?");
    ck_assert_str_eq(pg_vocab_outcome((pg_outcome_e)99), "?");
    ck_assert_str_eq(pg_vocab_posture((pg_posture_e)99), "?");
    ck_assert_str_eq(pg_classify_reason((pg_reason_e)99), "?");
    ck_assert_str_eq(pg_portclass_name((pg_portclass_e)99), "?");
    ck_assert_int_eq(pg_vocab_family_of((pg_class_e)99), PG_FAMILY_GET);
}

PG_TEST(names_lead_back_to_their_values)
{
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        pg_span_t name = pg_span_str(pg_vocab_class((pg_class_e)c));
        ck_assert_int_eq(pg_vocab_class_by_name(name), c);
    }
    ck_assert_int_eq(pg_vocab_class_by_name(PG_SPAN("Absolute")),
                     PG_CLASS_ABSOLUTE);
    ck_assert_int_eq(pg_vocab_class_by_name(PG_SPAN("clean")), PG_CLASS_CLEAN);
    ck_assert_int_eq(pg_vocab_class_by_name(PG_SPAN("connect")),
                     PG_CLASS_CLEAN);
    ck_assert_int_eq(pg_lang_by_tag(PG_SPAN("JA-jp")), PG_LANG_JA);
    ck_assert_int_eq(pg_lang_by_tag(PG_SPAN("fr")), PG_LANG_COUNT);
}

PG_TEST(only_an_enabled_engine_on_a_server_that_is_no_proxy_denies)
{
    pg_action_t deny = { .act = PG_ACT_DENY, .status = 403 };

    for (int p = 0; p < PG_POSTURE_COUNT; p++) {
        bool left_alone = p == PG_POSTURE_RESTRICTED
                          || p == PG_POSTURE_ON_PURPOSE;
        pg_action_t on = pg_policy_decide(PG_CLASS_ABSOLUTE, PG_ENGINE_ON,
                                          (pg_posture_e)p, deny);
        pg_action_t look = pg_policy_decide(PG_CLASS_ABSOLUTE,
                                            PG_ENGINE_OBSERVE,
                                            (pg_posture_e)p, deny);
        pg_action_t clean = pg_policy_decide(PG_CLASS_CLEAN, PG_ENGINE_ON,
                                             (pg_posture_e)p, deny);
        ck_assert_int_eq(on.act, left_alone ? PG_ACT_PASS : PG_ACT_DENY);
        ck_assert_int_eq(on.status, left_alone ? 0 : 403);
        ck_assert_int_eq(look.act, PG_ACT_PASS);
        ck_assert_int_eq(clean.act, PG_ACT_PASS);
    }
}

PG_TEST(defaults_never_answer_with_success_or_redirection)
{
    for (int s = 0; s < PG_SUBJECT_COUNT; s++) {
        pg_action_t a = pg_policy_default(s);
        ck_assert_int_ge(a.status, 400);   /* "deny" without one */
        ck_assert(a.act == PG_ACT_DENY || s == PG_CLASS_FOREIGN_HOST
                  || s == PG_SUBJECT_CHOSEN_PORT);
    }
    ck_assert_int_eq(pg_policy_default(PG_CLASS_ABSOLUTE).status, 421);
    ck_assert_int_eq(pg_policy_default(PG_CLASS_CONNECT_TLS).status, 405);
    ck_assert_int_eq(pg_policy_default(PG_SUBJECT_COUNT).act, PG_ACT_PASS);
}

PG_TEST(an_action_is_that_of_the_class_or_of_a_reason_with_its_own)
{
    pg_verdict_t v = { .class_id = PG_CLASS_CHOSEN_BACKEND,
                       .reason = PG_REASON_CHOSEN_HOST };

    ck_assert_int_eq(pg_policy_subject(&v), PG_CLASS_CHOSEN_BACKEND);
    v.reason = PG_REASON_CHOSEN_PORT;
    ck_assert_int_eq(pg_policy_subject(&v), PG_SUBJECT_CHOSEN_PORT);
    for (int s = 0; s < PG_SUBJECT_COUNT; s++) {
        pg_span_t name = pg_span_str(pg_policy_name(s));
        ck_assert_int_eq(pg_policy_by_name(name), s);
    }
    ck_assert_str_eq(pg_policy_name(PG_SUBJECT_COUNT), "?");
    ck_assert_int_eq(pg_policy_by_name(PG_SPAN("clean")), PG_SUBJECT_COUNT);
    ck_assert_int_eq(pg_policy_default(PG_SUBJECT_COUNT).act, PG_ACT_PASS);
    ck_assert_int_eq(pg_policy_default(-1).act, PG_ACT_PASS);
}

PG_TEST(ports_are_looked_up_in_a_sorted_table)
{
    int known = 0;

    ck_assert_int_eq(pg_portclass(0), PG_PORTCLASS_NONE);
    ck_assert_int_eq(pg_portclass(443), PG_PORTCLASS_TLS);
    ck_assert_int_eq(pg_portclass(8443), PG_PORTCLASS_TLS);
    ck_assert_int_eq(pg_portclass(465), PG_PORTCLASS_MAIL);
    ck_assert_int_eq(pg_portclass(2525), PG_PORTCLASS_MAIL);
    ck_assert_int_eq(pg_portclass(22), PG_PORTCLASS_LOGIN);
    ck_assert_int_eq(pg_portclass(1080), PG_PORTCLASS_PROXY);
    ck_assert_int_eq(pg_portclass(65535), PG_PORTCLASS_OTHER);
    for (int p = 1; p <= 65535; p++) {
        known += pg_portclass((apr_uint16_t)p) != PG_PORTCLASS_OTHER;
    }
    /* As many as the table has rows: one out of order is not found. */
    ck_assert_int_eq(known, 48);
    ck_assert_int_eq(pg_portclass_scheme(PG_SPAN("HTTPS")), 443);
    ck_assert_int_eq(pg_portclass_scheme(PG_SPAN("urn")), 0);
}

PG_TEST(a_file_is_doubted_for_the_first_reason_that_it_gives)
{
    static const struct {
        pg_reach_file_t file;
        pg_reach_doubt_e doubt;
    } files[] = {
        { { .lines = 0 }, PG_REACH_DOUBT_EMPTY },
        { { .lines = 1 }, PG_REACH_DOUBT_NO_REQUEST },
        { { .lines = 200, .requests = 1, .unread = 3 },
          PG_REACH_DOUBT_UNREAD },
        { { .lines = 200, .requests = 1, .unread = 2, .suspect = 1 },
          PG_REACH_DOUBT_SUSPECT },
        { { .lines = 200, .requests = 5, .partial = 3 },
          PG_REACH_DOUBT_PARTIAL },
        { { .lines = 200, .requests = 4, .partial = 2, .questioned = 1 },
          PG_REACH_DOUBT_QUESTIONED },
        { { .lines = 200, .requests = 4, .partial = 2 },
          PG_REACH_DOUBT_NONE },
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        ck_assert_int_eq(pg_reach_doubt(&files[i].file), files[i].doubt);
    }
    ck_assert_str_eq(pg_reach_doubt_name(PG_REACH_DOUBT_COUNT), "?");
}
