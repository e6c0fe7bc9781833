/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Recognises what a text is: a request, a line of a log, the first octets of
 * another protocol, or nothing known. */
#ifndef PG_TELL_H
#define PG_TELL_H

#include "pg_judge.h"
#include "pg_reader.h"
#include "pg_told.h"

/** A reader, and room for what the result points to. */
typedef struct pg_tell_t {
    pg_reader_t reader;
    bool composed;               /* the lines are from a log in which every
                                    URL is full                           */
    char client[PG_CLIENT_TEXT];
    char socks_host[64];         /* an address inside a SOCKS request      */
} pg_tell_t;

/**
 * Examine a text: raw octets, a request with or without its fields, or one
 * line of a log. Escapes (\xHH and the like) are undone.
 *
 * @param out      spans live in text and in tell, until the next call
 * @param tell     its reader has begun
 * @param escaped  undo escapes of a request that looks as if it had none
 * @param own      who we are; NULL: not known
 */
void pg_tell_look(pg_told_t *out, pg_tell_t *tell, pg_span_t text,
                  bool escaped, const pg_own_t *own);

#endif
