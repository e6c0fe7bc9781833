/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_loose_keys.h"

#include "pg_logname.h"
#include "pg_logword.h"
#include "pg_loose_time.h"

/* The key itself, without what may come before it: CEF's header, a tag, a
 * comma. */
static pg_span_t key_at_end(pg_span_t s)
{
    apr_size_t n = s.len;

    while (n && strchr("|,;:([{", s.ptr[n - 1]) == NULL) {
        n--;
    }
    return pg_span_from(s, n);
}

/* The next key=value of *s; a quoted value comes without its quotes. */
static bool next_pair(pg_span_t *s, pg_span_t *key, pg_span_t *value)
{
    *value = PG_ABSENT;
    while (s->len) {
        apr_size_t n = pg_span_find_any(*s, " \t=");
        *key = key_at_end(pg_span_upto(*s, n));
        *s = pg_span_from(*s, n + 1);
        if (s->len == 0 || s->ptr[-1] != '=' || !pg_logword_is_key(*key)) {
            continue;
        }
        if (s->ptr[0] == '"') {
            apr_size_t at = 0;
            pg_logword_quoted(*s, &at, value);
            *s = pg_span_from(*s, at);
        }
        else {
            *value = pg_span_upto(*s, pg_span_find_any(*s, " \t"));
            *s = pg_span_from(*s, value->len);
            if (pg_span_find(*value, '{') == value->len) {  /* Rust's spans */
                *value = pg_span_upto(*value, pg_span_find(*value, '}'));
            }
        }
        return true;
    }
    return false;
}

/* LTSV: each cell is "label:value". */
static bool next_labelled(pg_span_t *s, pg_span_t *key, pg_span_t *value)
{
    pg_span_t cell = pg_span_take(s, '\t');
    apr_size_t colon = pg_span_find(cell, ':');

    *key = pg_span_upto(cell, colon);
    *value = pg_span_from(cell, colon + 1);
    return colon < cell.len && pg_logword_is_key(*key);
}

static bool is_ltsv(pg_span_t line)
{
    pg_span_t key, value;
    int cells = 0;

    while (line.len && next_labelled(&line, &key, &value)) {
        cells++;
    }
    return line.len == 0 && cells > 2;
}

bool pg_loose_keys_read(pg_logline_t *out, pg_span_t line)
{
    int rank[PG_FIELD_COUNT] = { 0 };
    pg_span_t key, value, all = line;
    bool ltsv = is_ltsv(line);

    while (ltsv ? line.len && next_labelled(&line, &key, &value)
                : next_pair(&line, &key, &value)) {
        pg_logname_t name = pg_logname_find(key);
        pg_span_t *field = &out->field[name.field];
        int better = pg_logname_rank(name, value);
        out->twice = out->twice || (name.field == PG_FIELD_METHOD
                                    && field->ptr
                                    && better == rank[name.field]);
        if (name.field != PG_FIELD_SKIP && value.len
            && (field->ptr == NULL || better < rank[name.field])) {
            *field = value;
            rank[name.field] = better;
        }
    }
    if (out->field[PG_FIELD_TIME].len == 0) {
        pg_span_t time = pg_loose_time_bracketed(all);
        out->field[PG_FIELD_TIME] = time.ptr ? time
                                             : pg_loose_time_at_start(all);
    }
    return pg_logline_has_request(out);
}

bool pg_loose_keys_begin(pg_span_t line)
{
    pg_span_t word = pg_span_upto(line, pg_span_find_any(line, " \t"));
    apr_size_t n = pg_span_find(word, '=');

    return (n < word.len && pg_logword_is_key(pg_span_upto(word, n)))
           || is_ltsv(line);
}
