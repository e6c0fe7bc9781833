/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_identity.h"

#include <string.h>

#include <apr_sha1.h>
#include <apr_strings.h>

#include "pg_input.h"
#include "pg_octet.h"

enum {
    READ_SIZE = 256 * 1024,
    LINES = 64                   /* after a header, that tell logs apart  */
};

/* Hashed first, so that a log of one line is not taken for the beginning of
 * another. */
static void begin(apr_sha1_ctx_t *sha, const char *what)
{
    apr_sha1_init(sha);
    apr_sha1_update(sha, what, (unsigned int)strlen(what));
}

/* @param sha  a copy: the other may go on */
static void end(unsigned char *out, apr_size_t n, apr_sha1_ctx_t sha)
{
    unsigned char digest[APR_SHA1_DIGESTSIZE];

    apr_sha1_final(digest, &sha);
    memcpy(out, digest, n);
}

/* How far a reader is in the first lines after a header. */
typedef struct head_t {
    apr_sha1_ctx_t sha;
    int lines;                   /* complete ones                         */
    bool inside, comment, digit; /* what was seen of this line            */
} head_t;

/* Logs of one server have the same header: "#Fields: ..." or, in CSV, names of
 * columns, which rarely have digits, while every time has some.
 * @return is this octet the end of a line after it? */
static bool ends_line(head_t *head, char c)
{
    bool ends = c == '\n' && (head->lines || (head->digit && !head->comment));

    head->comment = head->inside ? head->comment : c == '#';
    head->digit |= pg_octet_is_digit(c);
    head->inside = c != '\n';
    head->digit &= head->inside;
    return ends;
}

static void update(apr_sha1_ctx_t *sha, const char *octets, apr_size_t n)
{
    apr_sha1_update_binary(sha, (const unsigned char *)octets,
                           (unsigned int)n);
}

static void add_head(pg_identity_t *out, head_t *head, const char *octets,
                     apr_size_t n)
{
    apr_size_t from = 0;

    for (apr_size_t i = 0; i < n && head->lines < LINES; i++) {
        if (ends_line(head, octets[i])) {
            update(&head->sha, octets + from, i - from);
            from = i;
            head->lines++;
            if (head->lines == 1) {
                end(out->head, 8, head->sha);
            }
        }
    }
    if (head->lines < LINES) {
        update(&head->sha, octets + from, n - from);
    }
}

static const char *identify(pg_identity_t *out, const char *path,
                            apr_uint64_t limit, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, READ_SIZE);
    head_t head = { .lines = 0 };
    apr_sha1_ctx_t whole;
    pg_input_t *input;
    const char *wrong = pg_input_open(&input, path, 0, NULL, pool);
    apr_size_t n;

    if (wrong) {
        return wrong;
    }
    *out = (pg_identity_t){ .empty = true };
    begin(&whole, "whole\n");
    begin(&head.sha, "head\n");
    while (limit && (n = pg_input_read(input, buffer, READ_SIZE)) > 0) {
        n = n < limit ? n : (apr_size_t)limit;
        limit -= n;
        update(&whole, buffer, n);
        add_head(out, &head, buffer, n);
        out->empty = false;
    }
    end(out->whole, 16, whole);
    if (head.lines == 0) {
        end(out->head, 8, head.sha);
    }
    else if (head.lines == LINES) {
        end(out->head + 8, 8, head.sha);
    }
    return pg_input_trouble(input);
}

const char *pg_identity_of(pg_identity_t *out, const char *path,
                           apr_uint64_t limit, apr_pool_t *pool)
{
    apr_pool_t *own;
    const char *wrong;

    apr_pool_create(&own, pool);
    wrong = apr_pstrdup(pool, identify(out, path, limit, own));
    apr_pool_destroy(own);       /* which closes it                       */
    return wrong;
}
