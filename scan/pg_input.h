/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reading a log: a file, a part of one, or standard input; plain or packed by
 * gzip, zstd or xz, as its first octets show, not its name. Plain files are
 * read, not mapped: truncating a log while it is read must not kill the
 * reader. */
#ifndef PG_INPUT_H
#define PG_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <sys/types.h>

#include <apr_errno.h>
#include <apr_pools.h>

typedef struct pg_input_t pg_input_t;

/** What is known about a file before it is read. */
typedef struct pg_input_info_t {
    apr_uint64_t size;           /* octets on disk; 0 if not a regular file */
    bool regular;                /* it can be read again                  */
    bool plain;                  /* and in parts: neither packed nor
                                    UTF-16                                */
    dev_t device;                /* of a regular file: its identity       */
    ino_t inode;
} pg_input_info_t;

/**
 * Look at a file.
 * @param path  "-" is standard input
 * @return NULL, or why it cannot be read, as words to follow its name
 */
const char *pg_input_stat(pg_input_info_t *out, const char *path,
                          apr_pool_t *pool);

/**
 * Open a log.
 *
 * @param out     closed with pool
 * @param from    offset to begin at; only for a plain file
 * @param stop    set by another thread to end a waiting read; or NULL
 * @return NULL, or why it cannot be read, as words to follow its name
 */
const char *pg_input_open(pg_input_t **out, const char *path,
                          apr_uint64_t from, const atomic_bool *stop,
                          apr_pool_t *pool);

/** Is this the file that was looked at? Logs are renamed while they are read.
 *  Always true unless it is a regular file. */
bool pg_input_is(const pg_input_t *input, const pg_input_info_t *info);

/** Is it a file, not a pipe or a terminal? */
bool pg_input_is_regular(const pg_input_t *input);

/** Are both the same regular file, whatever their names? */
bool pg_input_same(const pg_input_info_t *a, const pg_input_info_t *b);

/**
 * Read on, unpacking. UTF-16 with a byte order mark, as PowerShell's `>`
 * writes it, is delivered as UTF-8.
 * @return octets put into buffer; 0 at the end, early or not
 */
apr_size_t pg_input_read(pg_input_t *input, char *buffer, apr_size_t room);

/** Octets of the file consumed so far, before unpacking. */
apr_uint64_t pg_input_consumed(const pg_input_t *input);

/** What went wrong while reading, as words to follow the name; NULL if nothing
 *  did. What was read before is good. */
const char *pg_input_trouble(const pg_input_t *input);

#endif
