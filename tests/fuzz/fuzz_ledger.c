/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A ledger with arbitrary words, and an arbitrary file: reading stays inside
 * it, and the result keeps its promises. The first octet chooses between a
 * file made of the octets that follow, and patches of a ledger in use, eleven
 * octets each: three for the place, eight for the value. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "pg_block.h"
#include "pg_ledger.h"
#include "pg_top.h"

#define T0 ((apr_time_t)1416744000 * 1000000)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void text_is_sound(pg_text_t text)
{
    must(text.octets.ptr == NULL ? text.octets.len == 0
                                 : text.octets.ptr[text.octets.len] == '\0');
    must(text.octets.len <= 256);
}

static void lists_are_sound(const pg_snapshot_t *s)
{
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        for (apr_size_t i = 0; i < s->top[t].n; i++) {
            text_is_sound(s->top[t].entry[i].key);
            must(i == 0 || s->top[t].entry[i].count
                           <= s->top[t].entry[i - 1].count);
        }
    }
    for (apr_size_t i = 0; i < s->recent_count; i++) {
        text_is_sound(s->recent[i].source);
        text_is_sound(s->recent[i].target);
        text_is_sound(s->recent[i].user_agent);
        must((unsigned)s->recent[i].class_id < PG_CLASS_COUNT);
        must((unsigned)s->recent[i].outcome < PG_OUTCOME_COUNT);
    }
    for (apr_size_t i = 0; i < s->vhost_count; i++) {
        text_is_sound(s->vhosts[i].name);
    }
}

static void sums_are_sound(const pg_snapshot_t *s)
{
    apr_uint64_t sums[4] = { 0 };

    for (unsigned c = 0; c < PG_CLASS_COUNT; c++) {
        for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
            sums[0] += s->count[c][o];
        }
    }
    for (unsigned f = 0; f < PG_FAMILY_COUNT; f++) {
        sums[1] += s->by_family[f];
    }
    for (unsigned m = 0; m < PG_METHOD_COUNT; m++) {
        sums[2] += s->by_method[m];
    }
    for (unsigned p = 0; p < PG_PORTCLASS_COUNT; p++) {
        sums[3] += s->by_port_class[p];
    }
    for (unsigned i = 0; i < 4; i++) {
        must(sums[i] == s->attempts);
    }
    must(s->attempts <= INT64_MAX);
}

static void read_it(const pg_ledger_t *ledger, apr_pool_t *pool)
{
    pg_snapshot_t *s;

    must(pg_ledger_snapshot(&s, ledger, T0 + 1000000, pool) == APR_SUCCESS);
    lists_are_sound(s);
    sums_are_sound(s);
}

static void count_some(pg_ledger_t *ledger)
{
    for (int i = 0; i < 40; i++) {
        pg_event_t e = { .time = T0 + i * 20000,
                         .verdict = { .class_id = PG_CLASS_SOCKS,
                                      .family = PG_FAMILY_SOCKS,
                                      .host = PG_SPAN("x.example"),
                                      .port = (apr_uint16_t)(i + 1) },
                         .vhost = PG_SPAN("own.example:80"),
                         .source = { { [15] = (unsigned char)i } },
                         .source_known = true };
        pg_ledger_record(ledger, &e);
    }
}

static void patch(pg_ledger_t *ledger, const uint8_t *data, size_t size)
{
    for (; size >= 11; data += 11, size -= 11) {
        apr_size_t at = data[0] | (apr_size_t)data[1] << 8
                        | (apr_size_t)data[2] << 16;
        memcpy(ledger->base + at % (ledger->size / 8) * 8, data + 3, 8);
    }
}

static void run_patches(const uint8_t *data, size_t size, apr_pool_t *pool)
{
    pg_sizes_t sizes = { .lanes = 1, .recent = 16, .sets = { 1, 1, 1, 1 } };
    pg_ledger_t *ledger, *sum;
    pg_head_t head;

    must(pg_layout_head(&head, &sizes, NULL, T0) == APR_SUCCESS);
    must(pg_block_new(&ledger, &head, pool) == APR_SUCCESS);
    count_some(ledger);
    patch(ledger, data, size);
    read_it(ledger, pool);
    count_some(ledger);
    pg_top_tend(ledger, pg_layout_lane(ledger, 0), T0);
    read_it(ledger, pool);
    must(pg_block_new(&sum, &head, pool) == APR_SUCCESS);
    must(pg_ledger_merge(sum, ledger, T0 + 1000000, pool) == APR_SUCCESS);
    read_it(sum, pool);
}

static void run_file(const uint8_t *data, size_t size, apr_pool_t *pool)
{
    int fd = memfd_create("ledger", MFD_CLOEXEC);
    pg_file_t file = { .fd = fd, .size = size };
    pg_ledger_t *ledger;

    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    if (pg_block_read(&ledger, &file, pool) == APR_SUCCESS) {
        read_it(ledger, pool);
    }
    close(fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return apr_initialize() == APR_SUCCESS ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool;

    if (size == 0) {
        return 0;
    }
    apr_pool_create(&pool, NULL);
    if (data[0] % 2) {
        run_file(data + 1, size - 1, pool);
    }
    else {
        run_patches(data + 1, size - 1, pool);
    }
    apr_pool_destroy(pool);
    return 0;
}
