/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Layout 1, totals only: read for migration, never written.
 *
 *   0      head     magic, version, size, key, check
 *   128    totals   count[kind][outcome], permitted
 *   4096   end */
#ifndef PG_LAYOUT1_H
#define PG_LAYOUT1_H

#include "pg_layout.h"

typedef struct pg_head1_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t byte_order;
    apr_uint64_t size;
    apr_int64_t since;
    apr_uint64_t key[2];
    apr_uint64_t check;
} pg_head1_t;

typedef struct pg_block1_t {
    union {
        pg_head1_t head;
        char room[128];
    };
    pg_word_t count[PG_KINDS][8];
    pg_word_t permitted;
    char reserved[4096 - 128 - 8 * (PG_KINDS * 8 + 1)];
} pg_block1_t;

static_assert(sizeof(pg_block1_t) == 4096, "layout 1 is one page");

#endif
