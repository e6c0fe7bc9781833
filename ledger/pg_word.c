/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_word.h"

#include <apr_strings.h>

pg_text_t pg_word_text(const char *octets, apr_size_t n, apr_uint64_t length,
                       apr_pool_t *pool)
{
    pg_text_t text = { .cut = (length & PG_LEN_CUT) != 0 };

    if (!(length & PG_LEN_ABSENT)) {
        text.octets = pg_span_make(apr_pstrmemdup(pool, octets, n), n);
    }
    return text;
}
