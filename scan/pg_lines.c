/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_lines.h"

void pg_lines_begin(pg_lines_t *lines, pg_input_t *input, char *buffer,
                    apr_uint64_t at, apr_uint64_t limit)
{
    *lines = (pg_lines_t){
        .input = input,
        .buffer = buffer,
        .at = at ? at - 1 : 0,
        .limit = limit,
        .skipping = at > 0,
    };
}

static pg_span_t held(const pg_lines_t *lines)
{
    return pg_span_make(lines->buffer + lines->begin,
                        lines->end - lines->begin);
}

static void drop(pg_lines_t *lines, apr_size_t n)
{
    lines->begin += n;
    lines->at += n;
}

/* Read more after what is held, which moves to the front to make room. */
static bool fill(pg_lines_t *lines)
{
    apr_size_t n;

    if (lines->begin) {
        memmove(lines->buffer, lines->buffer + lines->begin,
                lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    n = pg_input_read(lines->input, lines->buffer + lines->end,
                      PG_LINES_READ);
    lines->end += n;
    lines->ended = n == 0;
    return n > 0;
}

void pg_lines_gather(pg_lines_t *lines, apr_size_t n)
{
    while (lines->end - lines->begin < n && fill(lines)) {
    }
}

/* Continue after the next line end. False when there is none. */
static bool skip_line(pg_lines_t *lines)
{
    do {
        pg_span_t s = held(lines);
        apr_size_t n = pg_span_find(s, '\n');
        if (n < s.len) {
            drop(lines, n + 1);
            lines->skipping = false;
            return true;
        }
        drop(lines, s.len);
    } while (lines->at < lines->limit && fill(lines));
    return false;
}

/* End a block after the last line that begins before the limit. */
static pg_span_t cut_at_limit(const pg_lines_t *lines, pg_span_t block)
{
    apr_size_t before, n;

    if (lines->limit - lines->at >= block.len) {
        return block;
    }
    before = (apr_size_t)(lines->limit - lines->at) - 1;
    n = pg_span_find(pg_span_from(block, before), '\n');
    return pg_span_upto(block, before + n + 1);
}

/* The buffer up to its last line end, or all of it at the end of the log;
 * empty while no line is complete. */
static pg_span_t whole_lines(const pg_lines_t *lines)
{
    pg_span_t s = held(lines);
    apr_size_t n = s.len;

    while (n > 0 && s.ptr[n - 1] != '\n' && !lines->ended) {
        n--;
    }
    return pg_span_upto(s, n);
}

bool pg_lines_next(pg_lines_t *lines, pg_span_t *block)
{
    for (;;) {
        if (lines->skipping && !skip_line(lines)) {
            return false;
        }
        if (lines->at >= lines->limit) {
            return false;
        }
        *block = cut_at_limit(lines, whole_lines(lines));
        if (block->len) {
            drop(lines, block->len);
            return true;
        }
        if (lines->end - lines->begin >= PG_LINE_MAX) {
            lines->oversize++;
            lines->skipping = true;
        }
        else if (lines->ended || !fill(lines)) {
            if (lines->begin == lines->end) {
                return false;
            }
        }
    }
}

bool pg_lines_keep(pg_lines_t *lines, apr_size_t n)
{
    if (n == 0) {
        return true;
    }
    lines->begin -= n;
    lines->at -= n;
    return n < PG_LINES_READ && lines->at + n < lines->limit && fill(lines);
}
