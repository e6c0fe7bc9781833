/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_ends.h"

#include "pg_octet.h"

bool pg_ends_more(pg_ends_t *ends)
{
    const apr_uint64_t last = (apr_uint64_t)1 << 63;
    apr_size_t size = (apr_size_t)(ends->stop - ends->until);
    char tail[64] = { 0 };       /* the block's, with no LF after it */
    unsigned int n = 0;

    size = size < PG_ENDS_AHEAD ? size : PG_ENDS_AHEAD;
    ends->begin = ends->until;
    for (unsigned int i = 0; i < size; i += 64) {
        const char *s = ends->begin + i;
        apr_uint64_t found;
        if (size - i < sizeof(tail)) {
            s = memcpy(tail, s, size - i);
        }
        found = pg_octet_bits64(s, '\n');
        /* Nearly always none or one: no branch that asks which.           */
        ends->at[n] = (unsigned short)(i + pg_octet_lowest(found | last));
        n += found != 0;
        while ((found &= found - 1) != 0) {
            ends->at[n++] = (unsigned short)(i + pg_octet_lowest(found));
        }
    }
    ends->until = ends->begin + size;
    ends->next = 0;
    ends->found = n;
    return size > 0;
}
