/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_identity.h"

#include <string.h>

#include <apr_sha1.h>
#include <apr_strings.h>

#include "pg_input.h"
#include "pg_octet.h"

enum { READ_SIZE = 256 * 1024 };

/* Hashed first, so that a log of one line is not taken for the beginning of
 * another. */
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

/* How far a reader is in the first line after a header. */
typedef struct head_t {
    bool inside, over;           /* a line; all of it                     */
    bool comment, digit;         /* what was seen of this line            */
} head_t;

/* Logs of one server have the same header: "#Fields: ..." or, in CSV, names of
 * columns, which rarely have digits, while every time has some.
 * @return how many of these octets belong to it */
static apr_size_t head_of(head_t *head, const char *octets, apr_size_t n)
{
    for (apr_size_t i = 0; i < n && !head->over; i++) {
        if (octets[i] == '\n') {
            head->over = head->digit && !head->comment;
            if (head->over) {
                return i;
            }
            *head = (head_t){ .inside = false };
            continue;
        }
        head->comment = head->inside ? head->comment : octets[i] == '#';
        head->digit |= pg_octet_is_digit(octets[i]);
        head->inside = true;
    }
    return head->over ? 0 : n;
}

const char *pg_identity_of(pg_identity_t *out, const char *path,
                           apr_uint64_t limit, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, READ_SIZE);
    apr_sha1_ctx_t whole, head;
    pg_input_t *input;
    const char *wrong = pg_input_open(&input, path, 0, NULL, pool);
    head_t first = { .inside = false };
    apr_size_t n;

    if (wrong) {
        return wrong;
    }
    begin(&whole, "whole\n");
    begin(&head, "head\n");
    out->empty = true;
    while (limit && (n = pg_input_read(input, buffer, READ_SIZE)) > 0) {
        n = n < limit ? n : (apr_size_t)limit;
        limit -= n;
        apr_sha1_update_binary(&whole, (unsigned char *)buffer,
                               (unsigned int)n);
        apr_sha1_update_binary(&head, (unsigned char *)buffer,
                               (unsigned int)head_of(&first, buffer, n));
        out->empty = false;
    }
    end(out->whole, &whole);
    end(out->head, &head);
    return pg_input_trouble(input);
}
