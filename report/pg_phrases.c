/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_phrases.h"

#define PHRASE_NAME(sym, en, ja) #sym,
#define PHRASE_TEXT(sym, en, ja) { en, ja },

static const char *const names[] = { [PG_LANG_EN] = "English",
                                     [PG_LANG_JA] = "日本語" };
static const char *const phrase_names[] = { PG_PHRASES(PHRASE_NAME) };
static const char *const texts[][PG_LANG_COUNT] = { PG_PHRASES(PHRASE_TEXT) };

const char *pg_phrases_lang(pg_lang_e lang)
{
    return names[lang];
}

const char *pg_phrases_name(pg_phrase_e word)
{
    return word < PG_PHRASE_COUNT ? phrase_names[word] : "?";
}

const char *pg_phrases_get(pg_lang_e lang, pg_phrase_e word)
{
    return word < PG_PHRASE_COUNT ? texts[word][lang] : "";
}

typedef void (*escape_t)(pg_sink_t *, pg_span_t);

static void say_argument(pg_sink_t *sink, escape_t escape,
                         const pg_arg_t *arg)
{
    pg_sink_puts(sink, arg->open);
    escape(sink, arg->text);
    pg_sink_puts(sink, arg->close);
}

/* One place: "0", or "0:one|many". */
static void say_place(pg_sink_t *sink, escape_t escape, pg_span_t place,
                      const pg_arg_t *args)
{
    const pg_arg_t *arg = &args[place.ptr[0] - '0'];
    pg_span_t choice = pg_span_from(place, 2);
    apr_size_t bar = pg_span_find(choice, '|');

    if (place.len == 1) {
        say_argument(sink, escape, arg);
    }
    else if (pg_span_eq(arg->text, PG_SPAN("1"))) {
        escape(sink, pg_span_upto(choice, bar));
    }
    else {
        escape(sink, pg_span_from(choice, bar + 1));
    }
}

void pg_phrases_say(pg_sink_t *sink, escape_t escape, const char *text,
                    const pg_arg_t *args)
{
    pg_span_t rest = pg_span_str(text);

    while (rest.len) {
        apr_size_t open = pg_span_find(rest, '{');
        apr_size_t close = pg_span_find(rest, '}');

        escape(sink, pg_span_upto(rest, open));
        if (open < close && close < rest.len) {
            say_place(sink, escape,
                      pg_span_make(rest.ptr + open + 1, close - open - 1),
                      args);
        }
        rest = open < rest.len ? pg_span_from(rest, close + 1)
                               : pg_span_from(rest, rest.len);
    }
}
