/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_hosts.h"

/* The next word of *line; false at its end. */
static bool next_word(pg_span_t *word, pg_span_t *line)
{
    *line = pg_span_trim(*line);
    *word = pg_span_upto(*line, pg_span_find_any(*line, " \t"));
    *line = pg_span_from(*line, word->len);
    return word->len > 0;
}

static bool has_word(pg_span_t names, pg_span_t name)
{
    pg_span_t word;

    while (next_word(&word, &names)) {
        if (pg_span_ieq(word, name)) {
            return true;
        }
    }
    return false;
}

static void add_line(pg_own_t *own, pg_span_t line, pg_span_t hostname)
{
    pg_span_t word;
    pg_address_t address;
    bool host;

    line = pg_span_upto(line, pg_span_find(line, '#'));
    if (!next_word(&word, &line) || !pg_address_parse(&address, word)) {
        return;
    }
    host = hostname.len && has_word(line, hostname);
    if (!host && !pg_address_is_loopback(&address)) {
        return;
    }
    while (next_word(&word, &line)) {
        if (pg_span_find_any(word, "*?") == word.len) {
            pg_own_add_machine(own, word,
                               host ? PG_TRUST_FULL : PG_TRUST_LOOPBACK);
        }
    }
}

void pg_hosts_add(pg_own_t *own, pg_span_t text, pg_span_t hostname)
{
    pg_own_add_machine(own, hostname, PG_TRUST_FULL);
    while (text.len) {
        add_line(own, pg_span_take(&text, '\n'), hostname);
    }
}
