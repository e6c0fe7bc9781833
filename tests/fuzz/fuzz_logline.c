/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Log lines: fields lie inside the line, in order; the same line gives the
 * same result; undoing escapes never makes a text longer; a target found clean
 * at a glance is clean to the classifier. The reader finds only requests that
 * are not empty, and clients that are addresses or names, in a single line and
 * in the lines of a text; an envelope around a line of a known format hides no
 * attempt. Input: one octet that chooses the format, then the text. */
#include "pg_fuzz.h"

#include <apr_general.h>

#include "pg_pass.h"
#include "pg_logescape.h"
#include "pg_logtime.h"
#include "pg_tell.h"
#include "pg_urls.h"

enum { FORMATS = 6 };

#define LATER (APR_INT64_C(4000000000) * APR_USEC_PER_SEC)

typedef struct world_t {
    apr_pool_t *pool;
    pg_logformat_t format[FORMATS];
} world_t;

/* Made at the first input: libFuzzer has no other place. */
static const world_t *the_world(void)
{
    static const char *const texts[FORMATS] = {
        "combined", "common", "vhost_combined", "%h|%r|%>s", "%r",
        "$remote_addr [$time_local] \"$request\" $status"
    };
    static world_t world;

    if (world.pool == NULL) {
        apr_initialize();
        apr_pool_create(&world.pool, NULL);
        for (int i = 0; i < FORMATS; i++) {
            PG_MUST(pg_logformat_compile(&world.format[i], texts[i],
                                         world.pool) == NULL);
        }
    }
    return &world;
}

static void check_fields(const pg_logline_t *line, pg_span_t s)
{
    char *room = malloc(s.len + 1);

    for (int f = 0; f < PG_FIELD_COUNT; f++) {
        pg_span_t field = line->field[f];
        PG_MUST(field.ptr == NULL
                || (field.ptr >= s.ptr
                    && field.ptr + field.len <= s.ptr + s.len));
        PG_MUST(pg_logescape_undo(room, field).len <= field.len);
    }
    free(room);
}

static void check_glance(const pg_logformat_t *format,
                         const pg_logline_t *line, pg_span_t s)
{
    pg_request_t request = { .line = line->field[PG_FIELD_REQUEST] };
    pg_verdict_t verdict;
    apr_size_t target;

    if (format->anchor.len && pg_pass_is_clean(s, format->anchor, &target)) {
        PG_MUST(target < s.len && s.ptr[target] == '/');
        PG_MUST(request.line.len == 0
                || pg_classify(&verdict, &request, NULL) == PG_CLASS_CLEAN);
    }
}

/* A request is never empty, a client is an address or a name. "0012::1" is
 * given as "12::1", in a log the number of a line.
 * @return is it an attempt */
static bool check_line(pg_reader_t *reader, pg_span_t s)
{
    pg_client_t client;
    pg_logline_t line;
    pg_request_t request;
    pg_verdict_t verdict;

    if (pg_reader_line(reader, &line, s) != PG_READ_REQUEST) {
        return false;
    }
    PG_MUST(line.field[PG_FIELD_REQUEST].len
            || (line.field[PG_FIELD_METHOD].len
                && line.field[PG_FIELD_TARGET].len));
    PG_MUST(line.field[PG_FIELD_CLIENT].len == 0
            || pg_address_parse(&client.address, line.field[PG_FIELD_CLIENT])
            || pg_client_read(&client, line.field[PG_FIELD_CLIENT])
               != PG_CLIENT_NONE);
    request = (pg_request_t){
        .line = pg_reader_sent(reader, &line, PG_FIELD_REQUEST),
        .method = line.field[PG_FIELD_METHOD],
        .target = line.field[PG_FIELD_TARGET]
    };
    PG_MUST(pg_reader_time(reader, &line) >= 0);
    return pg_classify(&verdict, &request, NULL) != PG_CLASS_CLEAN;
}

/* Each line of a text, by one reader, as a file is read. */
static void check_text(const pg_reading_t *how, pg_span_t s)
{
    static char memory[PG_READER_MEMORY(PG_URLS_HEAD)];
    pg_tell_t tell = { .composed = false };
    pg_told_t told;
    pg_reader_t reader;
    static pg_logjson_keys_t keys;
    pg_span_t rest = s, home;
    bool open;

    pg_urls_everywhere(how, s, memory);
    pg_reader_pair(how, s, memory);
    PG_MUST(pg_logjson_spread(s, &open) <= s.len);
    pg_reader_begin(&tell.reader, how, memory, sizeof(memory));
    pg_tell_look(&told, &tell, s, false, NULL);
    pg_reader_begin(&reader, how, memory, sizeof(memory));
    while (rest.len) {
        apr_size_t n = pg_span_find(rest, '\n');
        bool plain = reader.columns.n == 0 && reader.audit.section == '\0';
        bool clean = n && rest.ptr[0] == '{'
                     && pg_logjson_is_clean(&keys, &home,
                                            pg_span_upto(rest, n));
        bool attempt = check_line(&reader, pg_span_upto(rest, n));
        PG_MUST(!(plain && clean && attempt));
        rest = pg_span_from(rest, n + 1);
    }
}

static void check_envelopes(pg_reader_t *reader, pg_span_t s)
{
    static const char *const before[] = {
        "2025-01-01T00:00:00Z stdout F ", "web_1  | ", "access.log:7:",
        "<134>Nov  8 11:02:03 web httpd: "
    };

    for (apr_size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        apr_size_t n = strlen(before[i]);
        char *text = malloc(n + s.len);
        memcpy(text, before[i], n);
        memcpy(text + n, s.ptr, s.len);
        PG_MUST(check_line(reader, pg_span_make(text, n + s.len)));
        free(text);
    }
}

static void check_reader(pg_span_t s)
{
    pg_reading_t how = { .format = the_world()->format, .formats = 3,
                         .json = true, .any = true, .now = LATER };
    apr_size_t size = PG_READER_MEMORY(s.len + 64);
    char *memory = malloc(size);
    pg_reader_t reader;
    bool attempt;

    pg_reader_begin(&reader, &how, memory, size);
    attempt = check_line(&reader, s);
    /* a line of UTF-16 is not in an envelope that is not */
    if (attempt && reader.shape == PG_SHAPE_FORMAT
        && reader.envelope == PG_ENVELOPE_NONE
        && pg_span_find(s, '\0') == s.len) {
        check_envelopes(&reader, s);
    }
    check_text(&how, s);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pg_span_t s = pg_span_make((const char *)data, size);
    const pg_logformat_t *format =
        &the_world()->format[pg_fuzz_octet(&s) % FORMATS];
    apr_time_t time = -1;
    pg_logline_t line = { .escaped = false }, again = line;
    bool matched;

    if (s.ptr == NULL || s.len > PG_URLS_HEAD) {
        return 0;
    }
    matched = pg_logformat_match(&line, format, s);
    PG_MUST(matched == pg_logformat_match(&again, format, s));
    PG_MUST(memcmp(&line, &again, sizeof(line)) == 0);
    check_fields(&line, s);
    if (matched) {
        check_glance(format, &line, s);
    }
    check_reader(s);
    PG_MUST(!pg_logtime_parse(&time, s) || time >= 0);
    return 0;
}
