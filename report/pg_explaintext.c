/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_explaintext.h"

#include <apr_strings.h>

#include "pg_conceal.h"
#include "pg_escape.h"
#include "pg_intent.h"
#include "pg_phrases.h"
#include "pg_policy.h"

typedef struct writer_t {
    pg_sink_t *sink;
    pg_lang_e lang;
    apr_pool_t *pool;
} writer_t;

static void part(const writer_t *w, pg_phrase_e label, pg_span_t value)
{
    apr_size_t size = pg_conceal_room(value);
    char *room = size ? apr_palloc(w->pool, size) : NULL;

    if (value.len) {
        pg_sink_putf(w->sink, "%s: ", pg_phrases_get(w->lang, label));
        pg_escape_text(w->sink, pg_conceal_text(room, size, value));
        pg_sink_puts(w->sink, "\n");
    }
}

/* A part of the target: it may only look like a host and port because a
 * password has a '/' in it. */
static void inside(const writer_t *w, pg_phrase_e label, pg_span_t target,
                   pg_span_t value)
{
    part(w, label, pg_conceal_hides(target, value) ? PG_SPAN(PG_CONCEAL_MARK)
                                                   : value);
}

static void words(const writer_t *w, pg_phrase_e label, const char *text)
{
    part(w, label, pg_span_str(text));
}

static void number(const writer_t *w, pg_phrase_e label, int n)
{
    if (n) {
        words(w, label, apr_psprintf(w->pool, "%d", n));
    }
}

/* The parts of an HTTP request. */
static void parts(const writer_t *w, const pg_request_t *request)
{
    static const char *const forms[] = {
        [PG_FORM_ORIGIN] = "origin-form",
        [PG_FORM_ABSOLUTE] = "absolute-form",
        [PG_FORM_AUTHORITY] = "authority-form",
        [PG_FORM_ASTERISK] = "asterisk-form",
    };
    pg_request_t split = *request;
    pg_target_t target;
    pg_form_e form;

    if (request->line.len) {
        pg_classify_split(&split, request->line);
    }
    form = pg_target_parse(&target, split.target);
    part(w, PG_PHRASE_PART_METHOD, split.method);
    part(w, PG_PHRASE_PART_TARGET, split.target);
    words(w, PG_PHRASE_PART_FORM,
          forms[form] ? forms[form]
                      : pg_phrases_get(w->lang, PG_PHRASE_FORM_NONE));
    part(w, PG_PHRASE_PART_SCHEME, target.scheme);
    inside(w, PG_PHRASE_PART_USERINFO, split.target,
           target.authority.userinfo);
    inside(w, PG_PHRASE_PART_HOST, split.target,
           target.authority.host);
    inside(w, PG_PHRASE_PART_PORT, split.target,
           target.authority.port_text);
    part(w, PG_PHRASE_PART_PATH, target.path);
    part(w, PG_PHRASE_PART_PROTOCOL, split.protocol);
    part(w, PG_PHRASE_PART_FIELD, request->host);
}

static void all_parts(const writer_t *w, const pg_told_t *told)
{
    const pg_verdict_t *v = &told->verdict;

    words(w, PG_PHRASE_PART_CLASS, pg_vocab_class(v->class_id));
    if (v->class_id != PG_CLASS_CLEAN) {
        words(w, PG_PHRASE_PART_FAMILY, pg_vocab_family(v->family));
    }
    if (v->class_id == PG_CLASS_SOCKS) {
        part(w, PG_PHRASE_PART_HOST, v->host);
        number(w, PG_PHRASE_PART_PORT, v->port);
    }
    else {
        parts(w, &told->request);
    }
    part(w, PG_PHRASE_PART_CLIENT, told->client);
    number(w, PG_PHRASE_PART_STATUS, told->status);
    if (told->stated && v->class_id != PG_CLASS_CLEAN) {
        words(w, PG_PHRASE_COL_OUTCOME, pg_vocab_outcome(told->outcome));
    }
}

static void guard(const writer_t *w, pg_action_t action)
{
    const char *status = apr_itoa(w->pool, action.status);
    pg_arg_t args[4] = { { .text = pg_span_str(status) } };

    pg_sink_putf(w->sink, "%s: ",
                 pg_phrases_get(w->lang, PG_PHRASE_PART_GUARD));
    pg_phrases_say(w->sink, pg_escape_text,
                   pg_phrases_get(w->lang, action.act == PG_ACT_PASS
                                               ? PG_PHRASE_GUARD_PASSES
                                               : PG_PHRASE_GUARD_DENIES),
                   args);
    pg_sink_puts(w->sink, "\n");
}

static void reasons(const writer_t *w, const pg_told_t *told)
{
    pg_class_e c = told->verdict.class_id;

    pg_intent_e intent = pg_intent_of_verdict(&told->verdict);

    words(w, PG_PHRASE_PART_IS,
          pg_phrases_get(w->lang, PG_PHRASE_OF(MEANS_ABSOLUTE, c)));
    if (intent != PG_INTENT_UNKNOWN) {
        words(w, PG_PHRASE_PART_INTENT,
              pg_phrases_get(w->lang, PG_PHRASE_OF(INTENT_UNKNOWN, intent)));
    }
    words(w, PG_PHRASE_PART_WHY,
          pg_phrases_get(w->lang,
                         PG_PHRASE_OF(WHY_ORIGIN, told->verdict.reason)));
    words(w, PG_PHRASE_PART_HTTPD,
          pg_phrases_get(w->lang, PG_PHRASE_OF(HTTPD_ABSOLUTE, c)));
    if (c != PG_CLASS_CLEAN) {
        guard(w, pg_policy_default((int)c));
    }
    words(w, PG_PHRASE_PART_ADVICE,
          pg_phrases_get(w->lang, PG_PHRASE_OF(ADVICE_ABSOLUTE, c)));
}

pg_phrase_e pg_explaintext_first(const pg_told_t *told)
{
    static const pg_phrase_e kinds[] = {
        [PG_TOLD_UNKNOWN] = PG_PHRASE_TOLD_UNKNOWN,
        [PG_TOLD_REQUEST] = PG_PHRASE_TOLD_CLEAN,
        [PG_TOLD_NOTHING] = PG_PHRASE_TOLD_NOTHING,
        [PG_TOLD_MESSAGE] = PG_PHRASE_TOLD_MESSAGE,
        [PG_TOLD_TLS] = PG_PHRASE_TOLD_TLS,
        [PG_TOLD_SSH] = PG_PHRASE_TOLD_SSH,
        [PG_TOLD_SMTP] = PG_PHRASE_TOLD_SMTP,
        [PG_TOLD_HTTP2] = PG_PHRASE_TOLD_HTTP2,
        [PG_TOLD_RDP] = PG_PHRASE_TOLD_RDP,
        [PG_TOLD_QUESTION] = PG_PHRASE_TOLD_QUESTION
    };
    static const pg_phrase_e judged[] = {
        [PG_JUDGED_HARMLESS] = PG_PHRASE_TOLD_REFUSED,
        [PG_JUDGED_UNCLEAR] = PG_PHRASE_TOLD_UNCLEAR,
        [PG_JUDGED_RELAYED] = PG_PHRASE_TOLD_RELAYED
    };

    if (told->kind != PG_TOLD_REQUEST
        || told->verdict.class_id == PG_CLASS_CLEAN) {
        return kinds[told->kind];
    }
    if (told->stated) {
        return told->outcome == PG_OUTCOME_RELAYED ? PG_PHRASE_TOLD_CARRIED
                                                   : PG_PHRASE_TOLD_STOPPED;
    }
    if (told->status == 0) {
        return PG_PHRASE_TOLD_ATTEMPT;
    }
    return told->succeeded ? judged[pg_scanned_judged_by(told->ground)]
                           : PG_PHRASE_TOLD_REFUSED;
}

static void first(const writer_t *w, const pg_told_t *told)
{
    const char *how = told->stated
        ? pg_phrases_get(w->lang, PG_PHRASE_OF(OUTCOME_DENIED, told->outcome))
        : apr_itoa(w->pool, told->status);
    pg_arg_t args[4] = { { .text = pg_span_str(how) } };

    pg_phrases_say(w->sink, pg_escape_text,
                   pg_phrases_get(w->lang, pg_explaintext_first(told)), args);
    pg_sink_puts(w->sink, "\n");
    if (told->kind == PG_TOLD_REQUEST && told->succeeded) {
        words(w, PG_PHRASE_PART_GROUND,
              pg_phrases_get(w->lang, PG_PHRASE_OF(GROUND_CONNECT,
                                                   told->ground)));
    }
}

apr_status_t pg_explaintext_render(pg_sink_t *sink, const pg_told_t *told,
                                   pg_lang_e lang, apr_pool_t *pool)
{
    writer_t w = { sink, lang, pool };

    first(&w, told);
    if (told->kind == PG_TOLD_REQUEST) {
        reasons(&w, told);
        pg_sink_puts(sink, "\n");
        all_parts(&w, told);
    }
    return sink->status;
}
