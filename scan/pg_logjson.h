/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lines that are JSON objects, read by meaning, whatever their keys are called
 * and however deep they are (pg_logname.h), without building a tree. Also text
 * that is not quite JSON: with httpd's \x and \v, octets that are not UTF-8,
 * or cut off. */
#ifndef PG_LOGJSON_H
#define PG_LOGJSON_H

#include "pg_logline.h"
#include "pg_logname.h"

/**
 * Take an object apart.
 *
 * @param out   the fields that were found; texts are unescaped
 * @param line  begins with '{'
 * @param room  moved past what was copied
 * @return octets of the line up to the object's end; 0: it does not begin like
 *         one
 */
apr_size_t pg_logjson_read(pg_logline_t *out, pg_span_t line, pg_room_t *room);

enum {
    PG_LOGJSON_KEYS = 24,
    PG_LOGJSON_SIZE = 20         /* digits of a length                    */
};

/** A key and what it means. */
typedef struct pg_logjson_key_t {
    char text[48];
    apr_size_t len;
    bool stripped;               /* of an object that keeps paths only    */
    bool wanted;                 /* its value is looked at                */
    pg_logname_t name;
} pg_logjson_key_t;

/** The keys of earlier objects, and their meanings: the objects of a log
 *  mostly have the same keys in the same order. Begins with zeros. */
typedef struct pg_logjson_keys_t {
    pg_logjson_key_t key[PG_LOGJSON_KEYS];
    bool vhost;                  /* one of them named a virtual host      */
} pg_logjson_keys_t;

/**
 * Is an object clean at a glance? True only if it is all of the line, with
 * texts and numbers in it but no further object, and its request is METHOD SP
 * "/", of more than that "/" or followed by an ordinary protocol, status and
 * length.
 * @param keys  of the objects before; of this one then
 * @param home  the length of a home page that was sent: GET, 2xx; else absent
 * @param line  begins with '{'
 */
bool pg_logjson_is_clean(pg_logjson_keys_t *keys, pg_span_t *home,
                         pg_span_t line);

/**
 * The next object of a line that is a list of them, or contains one as
 * "records" or the like, or has them one after another; also one that is cut
 * off, if a line that begins alike has run into it.
 * @param line  the line, or what follows the previous object
 * @return octets of the line up to the object's end; 0: not such a line
 */
apr_size_t pg_logjson_record(pg_span_t *record, pg_span_t line);

/**
 * An object that is spread over the lines of a block, as `jq .` and `gcloud
 * logging read` print them: the first has nothing but brackets.
 * @param block  begins with a line
 * @param open   it continues after the block, as far as can be seen
 * @return octets up to the object's end; 0: it is not such a line
 */
apr_size_t pg_logjson_spread(pg_span_t block, bool *open);

#endif
