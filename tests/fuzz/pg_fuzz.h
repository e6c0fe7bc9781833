/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the fuzz targets share. They assert properties, not survival; libFuzzer
 * gives them the octets in a block of exact size, so that ASan sees one octet
 * too far. */
#ifndef PG_FUZZ_H
#define PG_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "pg_span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PG_MUST(what)                                              \
    do {                                                           \
        if (!(what)) {                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
            abort();                                               \
        }                                                          \
    } while (0)

/** Take n octets (fewer at the end) off the front of *s. */
static inline pg_span_t pg_fuzz_take(pg_span_t *s, size_t n)
{
    pg_span_t head = pg_span_upto(*s, n);

    *s = pg_span_from(*s, head.len);
    return head;
}

/** Take one octet; 0 at the end. */
static inline unsigned int pg_fuzz_octet(pg_span_t *s)
{
    pg_span_t one = pg_fuzz_take(s, 1);

    return one.len ? (unsigned char)one.ptr[0] : 0u;
}

/** Absent, or inside whole? */
static inline bool pg_fuzz_inside(pg_span_t part, pg_span_t whole)
{
    return part.ptr == NULL
           || (part.ptr >= whole.ptr
               && part.ptr + part.len <= whole.ptr + whole.len);
}

#endif
