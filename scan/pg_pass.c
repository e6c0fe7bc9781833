/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_pass.h"

#include <stdio.h>
#include <stdlib.h>

#include "pg_conceal.h"
#include "pg_ends.h"
#include "pg_loose_request.h"
#include "pg_urls.h"

/* --- at a glance --------------------------------------------------------- */

static inline bool ends_with(const char *end, pg_span_t s)
{
    apr_size_t n = s.len;

    while (n > 0 && end[-1] == s.ptr[n - 1]) {
        end--;
        n--;
    }
    return n == 0;
}

/* Nearly always among the first octets of a line. */
static inline const char *first_quote(pg_span_t line)
{
    apr_uint64_t found = line.len < 64 ? 0 : pg_octet_bits64(line.ptr, '"');

    return found ? line.ptr + pg_octet_lowest(found)
                 : memchr(line.ptr, '"', line.len);
}

static inline bool is_clean(pg_span_t line, pg_span_t anchor,
                            apr_size_t *target)
{
    const char *end = line.ptr + line.len;
    const char *quote = first_quote(line);
    const char *s;

    if (quote == NULL || (apr_size_t)(quote - line.ptr) + 1 < anchor.len
        || !ends_with(quote + 1, anchor)) {
        return false;
    }
    s = quote + 1;
    if (end - s > 4 && memcmp(s, "GET ", 4) == 0) {   /* as nearly always  */
        s += 3;
    }
    while (s < end && *s >= 'A' && *s <= 'Z') {
        s++;
    }
    *target = (apr_size_t)(s + 1 - line.ptr);
    return s > quote + 1 && end - s >= 2 && s[0] == ' ' && s[1] == '/';
}

bool pg_pass_is_clean(pg_span_t line, pg_span_t anchor, apr_size_t *target)
{
    return is_clean(line, anchor, target);
}

/* --- lines of a block ---------------------------------------------------- */

/* The end of a list of JSON objects, all of which were taken. */
static bool is_list_end(pg_span_t s)
{
    s = pg_span_trim(s);
    return s.len == 0 || (s.ptr[0] == ']'
                          && pg_span_find_any(s, "[{\",:") == s.len);
}

static bool may_be_list(pg_span_t s)
{
    return s.len && (s.ptr[0] == '[' || s.ptr[0] == '{' || s.ptr[0] == ','
                     || s.ptr[0] == ' ' || s.ptr[0] == '}'
                     || s.ptr[0] == '\t');
}

/* A block of which lines are still to be read. */
typedef struct {
    pg_span_t rest;
    pg_ends_t ends;
    const char *end;   /* of the line that rest begins within; NULL: unknown */
    bool more;         /* as the counter's                                  */
    pg_logjson_keys_t *keys; /* objects are read; NULL: they are not        */
    bool clean;        /* the last line is an object that is                */
    bool dirty;        /* the next line is not clean at a glance            */
    pg_span_t home;    /* and this long a home page, if one was sent        */
} lines_t;

static void begin_lines(lines_t *lines, const pg_counter_t *counter,
                        pg_span_t block)
{
    lines->rest = block;
    pg_ends_begin(&lines->ends, block);
    lines->end = NULL;
    lines->more = counter->more;
    lines->keys = NULL;
    lines->clean = lines->dirty = false;
    lines->home = PG_ABSENT;
}

/* The rest of the last line of an object over several lines, unless there is
 * more on it than a separator. */
static apr_size_t separator_length(pg_span_t s)
{
    apr_size_t n = 0;

    while (n < s.len && s.ptr[n] && strchr(" \t\r,]", s.ptr[n])) {
        n++;
    }
    return n < s.len && s.ptr[n] == '\n' ? n + 1 : 0;
}

/* An object over several lines is one line.
 * @param taken  octets of it, with what is around it
 * @return false: it continues in the next block */
static bool take_spread(const lines_t *lines, pg_span_t *line,
                        apr_size_t *taken)
{
    bool open;
    apr_size_t n = pg_logjson_spread(lines->rest, &open);

    if (n) {
        *line = pg_span_upto(lines->rest, n);
        *line = pg_span_from(*line, pg_span_find(*line, '{'));
        *taken = n + separator_length(pg_span_from(lines->rest, n));
    }
    return !(open && lines->more);
}

/* Make a line an object: one over several lines that begins here, or the first
 * of a list that the line is.
 * @return false: it is not whole in this block */
__attribute__((noinline))
static bool take_object(lines_t *lines, pg_span_t *line, apr_size_t *taken)
{
    pg_span_t whole;
    apr_size_t n;

    lines->clean = lines->keys && lines->end == NULL && line->ptr[0] == '{'
                   && pg_logjson_is_clean(lines->keys, &lines->home, *line);
    if (lines->clean) {
        return true;
    }
    if (lines->end == NULL && !take_spread(lines, line, taken)) {
        return false;
    }
    whole = *line;
    n = pg_logjson_record(line, whole);
    lines->end = NULL;
    if (n && !is_list_end(pg_span_from(whole, n))) {
        lines->end = whole.ptr + whole.len;
        *taken = (apr_size_t)(whole.ptr + n - lines->rest.ptr);
    }
    return true;
}

/* The next line of a block without its line end, LF or CRLF; in a line that is
 * a list of JSON objects, each counts as a line. */
static bool next_line(lines_t *lines, pg_span_t *line)
{
    pg_span_t rest = lines->rest;
    const char *end = lines->end;
    apr_size_t taken;

    if (rest.len == 0) {
        return false;
    }
    if (end == NULL) {
        end = pg_ends_next(&lines->ends, rest.ptr);
        end = end ? end : rest.ptr + rest.len;
    }
    *line = pg_span_between(rest.ptr, end);
    taken = line->len + (line->len < rest.len && *end != '{' ? 1 : 0);
    if (may_be_list(*line)) {
        pg_span_t object = *line;        /* so *line stays in registers    */
        if (!take_object(lines, &object, &taken)) {
            return false;
        }
        *line = object;
    }
    else {
        lines->end = NULL;
        lines->clean = false;
    }
    lines->rest = pg_span_make(rest.ptr + taken, rest.len - taken);
    if (line->len && line->ptr[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

/* HTTP/0.9 has no protocol after the target. */
static bool is_home(pg_span_t line, apr_size_t target)
{
    return target + 1 < line.len
           && (line.ptr[target + 1] == ' ' || line.ptr[target + 1] == '"');
}

/* How often in a row the home page had the same size. */
typedef struct home_t {
    char size[PG_LOGJSON_SIZE + 1];
    apr_size_t len;
    apr_uint64_t times;
} home_t;

static void put_home(pg_tally_t *tally, home_t *home)
{
    if (home->times) {
        pg_table_add(tally->home, pg_span_make(home->size, home->len),
                     home->times);
        home->times = 0;
    }
}

/* Count it once more. */
static void note_size(pg_tally_t *tally, home_t *home, pg_span_t size)
{
    if (size.len != home->len || memcmp(home->size, size.ptr, size.len)) {
        put_home(tally, home);
        memcpy(home->size, size.ptr, size.len);
        home->len = size.len;
    }
    home->times++;
}

/* ` HTTP/1.1" 200 4711` after a target, as all named formats have it.
 * @return the size; absent: it continues otherwise */
static pg_span_t size_at_glance(pg_span_t s)
{
    static const char like[] = " HTTP/9.9\" 999 ";
    const apr_size_t n = sizeof(like) - 1;
    apr_size_t digits = 0;

    if (s.len < n || memcmp(s.ptr, like, 6) || s.ptr[7] != like[7]
        || memcmp(s.ptr + 9, like + 9, 2) || s.ptr[14] != like[14]) {
        return PG_ABSENT;
    }
    for (apr_size_t i = 6; i < 14; i++) {
        if (like[i] == '9' && !pg_octet_is_digit(s.ptr[i])) {
            return PG_ABSENT;
        }
    }
    s = pg_span_from(s, n);
    while (digits < s.len && pg_octet_is_digit(s.ptr[digits])) {
        digits++;
    }
    if (digits == 0 || digits >= sizeof(((home_t *)NULL)->size)
        || (digits < s.len && s.ptr[digits] != ' ')) {
        return PG_ABSENT;
    }
    return pg_span_upto(s, digits);
}

/* Like note_home(), without taking the line apart.
 * @return false: that must be done */
static bool note_home_at_glance(pg_tally_t *tally, home_t *home,
                                pg_span_t line, apr_size_t target)
{
    pg_span_t size = size_at_glance(pg_span_from(line, target + 1));

    if (size.ptr == NULL) {
        return false;
    }
    if (size.ptr[-4] == '2' && !memcmp(line.ptr + target - 5, "\"GET ", 5)) {
        note_size(tally, home, size);
    }
    return true;
}

/* Is a line clean at a glance? The size of a home page is counted. */
static inline bool is_passed(const pg_counter_t *counter, home_t *home,
                             pg_span_t line, pg_span_t anchor)
{
    apr_size_t target;

    return is_clean(line, anchor, &target)
           && (!is_home(line, target)
               || (counter->rules->reading.any
                   && note_home_at_glance(counter->tally, home, line,
                                          target)));
}

/* What is before the request of a line that is clean at a glance; absent: every
 * line must be read. */
static pg_span_t anchor_of(const pg_counter_t *counter)
{
    const pg_counting_t *rules = counter->rules;
    bool host = false;

    for (int i = 0; i < rules->reading.formats; i++) {
        host = host || rules->reading.format[i].has[PG_FIELD_HOST];
    }
    return (rules->check_host && host) || pg_count_shows_all(counter)
           ? PG_ABSENT : rules->anchor;
}

/* Pass over the lines that are clean at a glance, up to the first that is
 * not, as if each were read by next_line() and found to be so.
 * @param last  set to the last of them, if there is one
 * @return how many there are */
static apr_uint64_t pass_clean(pg_counter_t *counter, lines_t *lines,
                               pg_span_t anchor, pg_span_t *last,
                               home_t *home)
{
    const char *at = lines->rest.ptr, *stop = at + lines->rest.len, *end;
    pg_span_t line, passed = PG_ABSENT;
    apr_uint64_t n = 0;

    lines->dirty = false;
    while (at < stop
           && (end = pg_ends_next(&lines->ends, at)) != NULL) {
        line = pg_span_between(at, end);
        if (!pg_octet_is_digit(*at) && may_be_list(line)) {
            pg_ends_again(&lines->ends);
            break;               /* an address is at the start of most    */
        }
        if (!is_passed(counter, home, line, anchor)) {
            lines->dirty = true;
            lines->end = end;
            break;
        }
        passed = line;
        n++;
        at = end + 1;
    }
    *last = n ? passed : *last;
    counter->reader.head &= n == 0;
    lines->rest = pg_span_between(at, stop);
    return n;
}

/* How often c is in s: many octets at once. */
static apr_size_t count_octet(pg_span_t s, char c)
{
    const apr_size_t step = 2 * sizeof(pg_octet16_t);
    apr_size_t n = 0;

    while (s.len >= step) {
        apr_size_t steps = s.len / step < 255 ? s.len / step : 255;
        const char *at = s.ptr, *end = at + steps * step;
        pg_octet16_t sum = { 0 }, more = { 0 };
        for (; at < end; at += step) {
            sum -= pg_octet_find16(at, c);      /* all bits are -1       */
            more -= pg_octet_find16(at + sizeof(sum), c);
        }
        for (apr_size_t k = 0; k < sizeof(sum); k++) {
            n += sum[k];
            n += more[k];
        }
        s = pg_span_from(s, steps * step);
    }
    for (apr_size_t i = 0; i < s.len; i++) {
        n += s.ptr[i] == c;
    }
    return n;
}

/* A request, or the escapes of a greeting, up to a quote. In formats of one's
 * own, a User-Agent may follow the same as well, and begin with an escape. */
static bool begins_request(pg_span_t s, pg_span_t anchor)
{
    s = pg_span_upto(s, pg_span_find(s, '"'));
    return pg_loose_request_is_line(s)
           || (anchor.ptr[0] == ']' && pg_span_istarts(s, PG_SPAN("\\")));
}

/* From the next anchor on; empty: there is none. */
static pg_span_t next_anchor(pg_span_t line, pg_span_t anchor)
{
    while (line.len > anchor.len) {
        line = pg_span_from(line, pg_span_find(line, anchor.ptr[0]));
        if (line.len > anchor.len
            && memcmp(line.ptr, anchor.ptr, anchor.len) == 0) {
            return line;
        }
        line = pg_span_from(line, 1);
    }
    return pg_span_upto(line, 0);
}

/* Another request after that of a line, not clean at a glance. */
static void note_second(pg_counter_t *counter, pg_span_t line)
{
    pg_span_t anchor = counter->rules->anchor;
    pg_span_t begun = next_anchor(line, anchor), next;
    apr_size_t target;
    bool first = true;

    for (; begun.len; begun = next) {
        line = pg_span_from(begun, anchor.len);
        next = next_anchor(line, anchor);
        if ((first && next.len == 0) || !begins_request(line, anchor)) {
            continue;            /* as nearly always: only one            */
        }
        if (!first && !pg_pass_is_clean(begun, anchor, &target)) {
            pg_count_joined(counter, begun);
            return;
        }
        first = false;
    }
}

/* A line that has not even the anchor's bracket. */
static bool is_bare(const pg_counter_t *counter, pg_span_t line)
{
    pg_span_t anchor = counter->rules->anchor;

    return anchor.len && pg_span_find(line, anchor.ptr[0]) == line.len;
}

/* Two lines run together, by a crash or two writers, have the anchor twice:
 * servers escape the quotes in what they log. If there are as many of its
 * brackets as lines that have one, no line has two.
 * @param lines  of the block, without those known to be bare */
static void note_joined(pg_counter_t *counter, pg_span_t block,
                        apr_uint64_t lines)
{
    pg_span_t anchor = counter->rules->anchor;

    if (!anchor.len || count_octet(block, anchor.ptr[0]) <= lines) {
        return;
    }
    while (block.len) {
        apr_size_t n = pg_span_find(block, '\n');
        note_second(counter, pg_span_upto(block, n));
        block = pg_span_from(block, n + 1);
    }
}

/* Lines that are read for a time where none was seen before. */
enum { TIMELESS = 100 };

/* A block that spans few days has no silence in it; in any other, which few
 * logs have, the time of each line is read. */
static void note_silences(pg_counter_t *counter, pg_span_t block,
                          const pg_reader_t *begin, const apr_time_t time[2])
{
    pg_reader_t now = counter->reader;
    lines_t lines;
    const pg_stretches_t *seen = &counter->tally->part;
    apr_time_t between = llabs(time[1] - time[0]);
    pg_logline_t line;
    pg_span_t text;
    int n = 0;

    if (time[0] && between <= PG_TALLY_SILENCE) {
        return;
    }
    begin_lines(&lines, counter, block);
    counter->reader = *begin;
    while ((seen->n || n++ < TIMELESS) && next_line(&lines, &text)) {
        if (pg_reader_line(&counter->reader, &line, text)
            == PG_READ_REQUEST) {
            pg_tally_seen(counter->tally,
                          pg_reader_time(&counter->reader, &line));
        }
    }
    counter->reader = now;
}

apr_size_t pg_pass_block(pg_counter_t *counter, pg_span_t block)
{
    apr_uint64_t before = counter->tally->count.lines, bare = 0;
    const pg_reader_t begin = counter->reader;
    pg_span_t anchor = anchor_of(counter);
    home_t home = { .times = 0 };
    pg_span_t line = { .ptr = NULL, .len = 0 };
    lines_t lines;
    apr_time_t time[2] = { 0, 0 };   /* of the first and the last line     */
    bool first = true;

    begin_lines(&lines, counter, block);
    lines.keys = counter->rules->reading.any && !counter->rules->check_host
                 && !pg_count_shows_all(counter) && !counter->composed
                 && counter->reader.columns.n == 0 ? &counter->keys : NULL;

    while (next_line(&lines, &line)) {
        counter->tally->count.lines++;
        if (first) {
            time[0] = pg_count_when(counter, line);
            first = false;
        }
        if (lines.clean && counter->reader.audit.section == '\0') {
            counter->reader.head = false;
            if (lines.home.len) {
                note_size(counter->tally, &home, lines.home);
            }
            continue;
        }
        if (!anchor.len || lines.dirty
            || !is_passed(counter, &home, line, anchor)) {
            pg_count_line(counter, line);
            bare += is_bare(counter, line);
        }
        else {
            counter->reader.head = false;
        }
        if (anchor.len && lines.end == NULL) {
            counter->tally->count.lines += pass_clean(counter, &lines, anchor,
                                                &line, &home);
        }
    }
    put_home(counter->tally, &home);
    if (line.len) {
        time[1] = pg_count_when(counter, line);
    }
    block = pg_span_upto(block, block.len - lines.rest.len);
    note_silences(counter, block, &begin, time);
    note_joined(counter, block, counter->tally->count.lines - before - bare);
    return lines.rest.len;
}

/* Where every URL is full: hosts whose requests were not refused may be
 * ours. */
static void note_answered(pg_counter_t *counter, const pg_logline_t *line)
{
    int status = pg_reader_status(line);
    char key[PG_TABLE_KEY];
    pg_request_t request;
    pg_verdict_t verdict;

    if (!(line->composed || counter->composed) || status == 0
        || pg_urls_refused(status)
        || !pg_count_request(counter, line, &request)) {
        return;
    }
    pg_classify(&verdict, &request, NULL);
    if (verdict.class_id == PG_CLASS_ABSOLUTE
        || verdict.class_id == PG_CLASS_CLEAN) {   /* in origin-form: ours  */
        pg_table_add(counter->found,
                     pg_urls_host(key, sizeof(key), verdict.host), 1);
        counter->named = true;
    }
}

bool pg_pass_is_nameless(pg_span_t line)
{
    apr_size_t at = pg_span_find(line, ' ');
    char last = line.len ? line.ptr[line.len - 1] : '\0';
    pg_span_t time = pg_span_upto(pg_span_from(line, at + 6), 26);
    pg_span_t request = pg_span_from(line, at + 35), rest;
    pg_address_t address;

    if ((last != '"' && !pg_octet_is_digit(last)) || request.len < 16
        || memcmp(line.ptr + at, " - - [", 6) != 0
        || memcmp(pg_span_end(time), "] \"", 3) != 0
        || !pg_octet_is_alpha(*request.ptr)) {
        return false;
    }
    rest = pg_span_from(line, at + 35 + pg_span_find(request, '"')
                              - sizeof(" HTTP/1.1") + 1);
    return size_at_glance(rest).ptr && rest.ptr[6] == '1'
           && pg_span_find_any(time, "[\"") == time.len
           && pg_address_parse_ipv4(&address, pg_span_upto(line, at));
}

/* Does a line show at a glance that it names no virtual host? */
static bool is_passed_nameless(pg_counter_t *counter, const lines_t *lines,
                               pg_span_t text)
{
    const pg_reader_t *reader = &counter->reader;

    if (!counter->rules->reading.any || counter->composed
        || reader->audit.section || reader->columns.n) {
        return false;
    }
    if (lines->clean && !counter->keys.vhost) {
        counter->reader.head = false;
        return true;
    }
    return !reader->head && pg_pass_is_nameless(text);
}

apr_size_t pg_pass_names(pg_counter_t *counter, pg_span_t block)
{
    char last[320];
    pg_span_t known = { .ptr = last, .len = 0 };
    lines_t lines;
    pg_span_t text, vhost;
    pg_logline_t line;

    begin_lines(&lines, counter, block);
    lines.keys = counter->rules->reading.any ? &counter->keys : NULL;
    while (next_line(&lines, &text)) {
        /* Most lines begin like the one before: "name:port ". */
        if (known.len && text.len > known.len && text.ptr[known.len] == ' '
            && !memcmp(text.ptr, known.ptr, known.len)) {
            continue;
        }
        if (is_passed_nameless(counter, &lines, text)) {
            continue;
        }
        if (pg_reader_line(&counter->reader, &line, text)
            != PG_READ_REQUEST) {
            continue;
        }
        note_answered(counter, &line);
        vhost = pg_count_vhost(counter, &line);
        if (vhost.len) {
            pg_table_add(counter->tally->names, vhost, 1);
            counter->named = true;
            pg_span_copy(last, sizeof(last), vhost);
            known.len = vhost.len;
        }
    }
    return lines.rest.len;
}

static void look_for_wanted(pg_counter_t *counter, pg_span_t text)
{
    char key[PG_TABLE_KEY + 1], room[4096];
    pg_request_t request, parts;
    pg_logline_t line;
    pg_span_t path, size;
    int n;

    if (pg_reader_line(&counter->reader, &line, text) != PG_READ_REQUEST
        || pg_reader_status(&line) / 100 != 2
        || !pg_count_request(counter, &line, &request)) {
        return;
    }
    if (request.line.len) {
        pg_classify_split(&parts, request.line);
        request = parts;
    }
    path = pg_span_upto(pg_conceal_text(room, sizeof(room), request.target),
                        PG_PATH_WANTED);
    if (path.len == 0 || path.ptr[0] != '/'
        || !pg_table_find(counter->wanted, path)) {
        return;
    }
    size = line.field[PG_FIELD_SIZE];
    n = snprintf(key, sizeof(key), "%.*s %.*s", (int)path.len, path.ptr,
                 (int)size.len, size.ptr ? size.ptr : "");
    pg_table_add(counter->found, pg_span_make(key, (apr_size_t)n), 1);
}

apr_size_t pg_pass_wanted(pg_counter_t *counter, pg_span_t block)
{
    lines_t lines;
    pg_span_t line;

    begin_lines(&lines, counter, block);
    while (next_line(&lines, &line)) {
        look_for_wanted(counter, line);
    }
    return lines.rest.len;
}
