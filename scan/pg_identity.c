/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_identity.h"

#include <string.h>

#include <apr_sha1.h>
#include <apr_strings.h>

#include "pg_input.h"

enum { READ_SIZE = 256 * 1024 };

/* What is hashed first, so that a log of one line is not taken for the
 * beginning of another. */
static void begin(apr_sha1_ctx_t *sha, const char *what)
{
    apr_sha1_init(sha);
    apr_sha1_update(sha, what, (unsigned int)strlen(what));
}

static void end(unsigned char out[16], apr_sha1_ctx_t *sha)
{
    unsigned char digest[APR_SHA1_DIGESTSIZE];

    apr_sha1_final(digest, sha);
    memcpy(out, digest, 16);
}

const char *pg_identity_of(pg_identity_t *out, const char *path,
                           apr_uint64_t limit, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, READ_SIZE);
    apr_sha1_ctx_t whole, head;
    pg_input_t *input;
    const char *wrong = pg_input_open(&input, path, 0, NULL, pool);
    bool in_head = true;
    apr_size_t n;

    if (wrong) {
        return wrong;
    }
    begin(&whole, "whole\n");
    begin(&head, "head\n");
    out->empty = true;
    while (limit && (n = pg_input_read(input, buffer, READ_SIZE)) > 0) {
        const char *line_end;
        n = n < limit ? n : (apr_size_t)limit;
        limit -= n;
        line_end = in_head ? memchr(buffer, '\n', n) : NULL;
        apr_sha1_update_binary(&whole, (unsigned char *)buffer,
                               (unsigned int)n);
        if (in_head) {
            apr_sha1_update_binary(&head, (unsigned char *)buffer,
                (unsigned int)(line_end ? line_end - buffer : (long)n));
        }
        in_head = in_head && line_end == NULL;
        out->empty = false;
    }
    end(out->whole, &whole);
    end(out->head, &head);
    return pg_input_trouble(input);
}
