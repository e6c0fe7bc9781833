/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_words.h"

#include <arpa/inet.h>

#include <apr_strings.h>

pg_text_t pg_words_text(const char *octets, apr_size_t n, apr_uint64_t flags,
                        apr_pool_t *pool)
{
    pg_text_t text = { .cut = (flags & PG_LEN_CUT) != 0 };

    if (!(flags & PG_LEN_ABSENT)) {
        text.octets = pg_span_make(apr_pstrmemdup(pool, octets, n), n);
    }
    return text;
}

const char *pg_address_text(const unsigned char address[16],
                            apr_pool_t *pool)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    char text[INET6_ADDRSTRLEN];
    bool four = memcmp(address, mapped, sizeof(mapped)) == 0;

    if (inet_ntop(four ? AF_INET : AF_INET6, address + (four ? 12 : 0), text,
                  sizeof(text)) == NULL) {
        return "?";
    }
    return apr_pstrdup(pool, text);
}
