/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_explaintext.h"

#include <apr_strings.h>

#include "pg_conceal.h"
#include "pg_escape.h"
#include "pg_explain.h"
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

static void parts(const writer_t *w, const pg_request_t *request)
{
    static const char *const forms[] = {
        [PG_FORM_ORIGIN] = "origin-form",
        [PG_FORM_ABSOLUTE] = "absolute-form",
        [PG_FORM_AUTHORITY] = "authority-form",
        [PG_FORM_ASTERISK] = "asterisk-form",
    };
    pg_request_t split;
    pg_target_t target;
    pg_form_e form;

    pg_classify_split(&split, request->line);
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

static void guard(const writer_t *w, pg_action_t action)
{
    char status[16];
    pg_arg_t args[4] = { { .text = pg_span_str(status) } };

    apr_snprintf(status, sizeof(status), "%d", action.status);
    pg_sink_putf(w->sink, "%s: ",
                 pg_phrases_get(w->lang, PG_PHRASE_PART_GUARD));
    pg_phrases_say(w->sink, pg_escape_text,
                   pg_phrases_get(w->lang, action.act == PG_ACT_PASS
                                               ? PG_PHRASE_GUARD_PASSES
                                               : PG_PHRASE_GUARD_DENIES),
                   args);
    pg_sink_puts(w->sink, "\n");
}

apr_status_t pg_explaintext_render(pg_sink_t *sink,
                                   const pg_request_t *request,
                                   const pg_verdict_t *verdict,
                                   pg_lang_e lang, apr_pool_t *pool)
{
    writer_t w = { sink, lang, pool };
    pg_class_e c = verdict->class_id;

    parts(&w, request);
    pg_sink_puts(sink, "\n");
    words(&w, PG_PHRASE_PART_CLASS, pg_vocab_class(c));
    if (c != PG_CLASS_CLEAN) {
        words(&w, PG_PHRASE_PART_FAMILY, pg_vocab_family(verdict->family));
    }
    words(&w, PG_PHRASE_PART_IS, pg_explain_class(c, lang));
    words(&w, PG_PHRASE_PART_WHY, pg_explain_reason(verdict->reason, lang));
    words(&w, PG_PHRASE_PART_HTTPD,
          pg_phrases_get(lang, PG_PHRASE_OF(HTTPD_ABSOLUTE, c)));
    if (c != PG_CLASS_CLEAN) {
        guard(&w, pg_policy_default(c));
    }
    words(&w, PG_PHRASE_PART_ADVICE,
          pg_phrases_get(lang, PG_PHRASE_OF(ADVICE_ABSOLUTE, c)));
    return sink->status;
}
