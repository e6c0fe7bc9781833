/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_phrases.h"


#define PHRASE_TEXT(sym, en, ja) { en, ja },

static const char *const texts[][PG_LANG_COUNT] = { PG_PHRASES(PHRASE_TEXT) };

const char *pg_phrases_get(pg_lang_e lang, pg_phrase_e word)
{
    return word < PG_PHRASE_COUNT ? texts[word][lang] : "";
}

typedef void (*escape_t)(pg_sink_t *, pg_span_t);

static void say(pg_sink_t *sink, escape_t escape, pg_span_t text,
                const pg_arg_t *args);

/* The first such character outside inner braces; the length if none. */
static apr_size_t find_outside(pg_span_t s, char c)
{
    int depth = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        if (depth == 0 && s.ptr[i] == c) {
            return i;
        }
        depth += s.ptr[i] == '{';
        depth -= s.ptr[i] == '}';
    }
    return s.len;
}

/* One place: "0", or "0:one|many". */
static void say_place(pg_sink_t *sink, escape_t escape, pg_span_t place,
                      const pg_arg_t *args)
{
    const pg_arg_t *arg = &args[place.ptr[0] - '0'];
    pg_span_t choice = pg_span_from(place, 2);
    apr_size_t bar = find_outside(choice, '|');

    if (place.len == 1) {
        pg_sink_puts(sink, arg->open);
        escape(sink, arg->text);
        pg_sink_puts(sink, arg->close);
    }
    else if (pg_span_eq(arg->text, PG_SPAN("1"))) {
        say(sink, escape, pg_span_upto(choice, bar), args);
    }
    else {
        say(sink, escape, pg_span_from(choice, bar + 1), args);
    }
}

/* A choice may contain places, to any depth the catalogue uses. */
static void say(pg_sink_t *sink, escape_t escape, pg_span_t text,
                const pg_arg_t *args)
{
    while (text.len) {
        apr_size_t open = pg_span_find(text, '{');
        pg_span_t rest = pg_span_from(text, open + 1);
        apr_size_t close = find_outside(rest, '}');

        escape(sink, pg_span_upto(text, open));
        if (close < rest.len) {
            say_place(sink, escape, pg_span_upto(rest, close), args);
        }
        text = pg_span_from(rest, close + 1);
    }
}

void pg_phrases_say(pg_sink_t *sink, escape_t escape, const char *text,
                    const pg_arg_t *args)
{
    say(sink, escape, pg_span_str(text), args);
}

const char *pg_phrases_text(apr_pool_t *pool, pg_lang_e lang,
                            pg_phrase_e word, const char *a, const char *b,
                            const char *c)
{
    apr_array_header_t *text = apr_array_make(pool, 128, 1);
    pg_sink_t sink = pg_sink_array(text);
    pg_arg_t args[4] = { { .text = pg_span_str(a) },
                         { .text = pg_span_str(b) },
                         { .text = pg_span_str(c) } };

    pg_phrases_say(&sink, pg_sink_put, pg_phrases_get(lang, word), args);
    APR_ARRAY_PUSH(text, char) = '\0';
    return text->elts;
}
