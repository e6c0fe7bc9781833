/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How the server reads mail, a ClientHello and first bytes, and the lines of
 * evidence about them: spans lie inside the input, decoding never makes a part
 * longer, and each line is JSON within its limit. Input: an octet that says
 * what the rest is and how long a line may be, then the rest. */
#include "pg_fuzz.h"

#include <jansson.h>

#include "pg_campaign.h"
#include "pg_ecs.h"
#include "pg_mime.h"

static char scratch[1 << 20], out[65536 + PG_ECS_ROOM];
static pg_span_t whole;

static void check_part(void *ctx, const pg_mime_part_t *part)
{
    PG_MUST(ctx == scratch);
    PG_MUST(pg_fuzz_inside(part->type, whole));
    PG_MUST(pg_fuzz_inside(part->name, whole));
    PG_MUST(pg_fuzz_inside(part->body, whole));
    PG_MUST(pg_mime_decode(scratch, part->body, part->encoding)
            <= part->body.len);
}

static void check_addresses(pg_span_t list)
{
    pg_span_t one;

    while (pg_mime_address(&one, &list)) {
        PG_MUST(one.len > 0 && pg_fuzz_inside(one, whole));
    }
}

static void check_line(const pg_ecs_capture_t *capture, size_t most,
                       const pg_key_t *mask)
{
    pg_event_t event = { .verdict.class_id = PG_CLASS_CONNECT_MAIL,
                         .outcome = PG_OUTCOME_SUNK };
    pg_ecs_t in = { .event = &event, .capture = capture, .mask = mask,
                    .source = "192.0.2.7", .version = "1" };
    pg_span_t line = pg_ecs_line(&in, out, most);
    json_t *root = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES,
                              NULL);

    PG_MUST(line.len <= most && line.ptr[line.len - 1] == '\n');
    PG_MUST(root != NULL);
    json_decref(root);
}

static void check_mail(size_t most, const pg_key_t *mask)
{
    pg_campaign_mail_t look, again;
    pg_ecs_mail_t mail = { .id = PG_SPAN("1"), .sender = whole,
                           .helo = whole, .recipients = whole,
                           .recipient_count = 1, .kept = "message",
                           .size = whole.len, .message = whole,
                           .text = whole, .scratch = scratch };
    pg_ecs_capture_t capture = { .mail = &mail };

    (void)pg_mime_walk(whole, check_part, scratch);
    check_addresses(whole);
    pg_campaign_look(&look, scratch, whole);
    pg_campaign_look(&again, scratch, whole);
    PG_MUST(memcmp(&look, &again, sizeof(look)) == 0);
    mail.subject = pg_span_str(look.subject);
    check_line(&capture, most, mask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pg_key_t key = { .k = { 1, 2 } };
    pg_span_t in = pg_span_make((const char *)data, size);
    unsigned int how = pg_fuzz_octet(&in);
    const pg_key_t *mask = how & 1 ? &key : NULL;
    size_t most = how & 2 ? 65536 : 2048 + 8 * how;
    pg_ecs_capture_t capture = { .first = in };
    pg_hello_t hello;

    if (in.len > sizeof(scratch)) {
        return 0;
    }
    whole = in;
    check_mail(most, mask);
    if (pg_hello_parse(&hello, in)) {
        PG_MUST(pg_fuzz_inside(hello.sni, in));
        PG_MUST(pg_fuzz_inside(hello.alpn, in));
        capture.hello = &hello;
    }
    check_line(&capture, most, mask);
    return 0;
}
