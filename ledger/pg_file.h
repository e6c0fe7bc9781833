/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Files that only their owner can have put in place or can redirect: opening,
 * creating, setting aside. Independent of their contents. */
#ifndef PG_FILE_H
#define PG_FILE_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_user.h>

#include "pg_span.h"

/** How a file is created and to whom it belongs. */
typedef struct pg_file_own_t {
    bool set_group;
    apr_gid_t group;
    bool (*is_ours)(pg_span_t head); /* of an existing file's first octets,
                                    PG_FILE_HEAD at most; NULL: any       */
    const char *unless;          /* what is wrong, if it is not           */
} pg_file_own_t;

enum { PG_FILE_HEAD = 512 };

/** A file that was opened or made, or why it was not. */
typedef struct pg_file_t {
    int fd;                      /* not open on failure                   */
    apr_size_t size;             /* octets, when opened                   */
    const char *name;            /* of a temporary file, in pool          */
    const char *why;             /* on failure to open: what is wrong, one
                                    clause; a constant or in pool         */
} pg_file_t;

/**
 * Open a regular file of the effective user (or of root), following no
 * symbolic link and waiting for no FIFO. The descriptor is closed on exec.
 * @return APR_ENOENT when there is nothing at path
 */
apr_status_t pg_file_open(pg_file_t *out, const char *path, bool writable,
                          apr_pool_t *pool);

/**
 * Open a file for appending, creating it when missing: for what a server
 * started by root keeps (evidence, spooled mail). Refused, and left alone,
 * are files that own->is_ours does not recognise, symbolic links, anything but
 * a regular file with a single name, files of another user (root's are
 * accepted) or writable by others, and files in a folder of another user or
 * that anybody may write to. The folder that was checked is the one that is
 * used. The descriptor is closed on exec.
 * @param out  fd and size; why is set on failure
 */
apr_status_t pg_file_open_append(pg_file_t *out, const char *path,
                                 const pg_file_own_t *own, apr_pool_t *pool);

/** "doing: what the status means". */
const char *pg_file_error(const char *doing, apr_status_t status,
                          apr_pool_t *pool);

/** Why pg_file_open_append() would refuse to create this path: its folder is
 *  missing, belongs to another user, or is writable by anybody. NULL: it would
 *  not. */
const char *pg_file_folder_objection(const char *path, apr_pool_t *pool);

/** Would pg_file_open_append() succeed? Nothing is created: for a missing
 *  file, only its folder is checked. @param why  set on failure */
apr_status_t pg_file_check_append(const char **why, const char *path,
                                  const pg_file_own_t *own, apr_pool_t *pool);

/** Open any regular file to read it, whoever it belongs to: for tools that
 *  show what they are given. Links are followed. */
apr_status_t pg_file_open_any(pg_file_t *out, const char *path,
                              apr_pool_t *pool);

/** Set the mode and the group that our files have. */
apr_status_t pg_file_secure(int fd, const pg_file_own_t *own);

/** Create a temporary file in the folder of path, mode 0640, with size octets
 *  of reserved space (0: none). */
apr_status_t pg_file_temp(pg_file_t *out, const char *path, apr_size_t size,
                          const pg_file_own_t *own, apr_pool_t *pool);

/** Rename path to the first free of path.<word>-1, -2 and -3.
 *  @param forget  when all three are taken, the oldest makes room; else that
 *                 is APR_EEXIST
 *  @param aside   the new name, in pool */
apr_status_t pg_file_aside(const char **aside, const char *path,
                           const char *word, bool forget, apr_pool_t *pool);

/** Does path still name the file of this descriptor? */
bool pg_file_is_at(int fd, const char *path);

/** Lock a file (flock): shared to use it, exclusively to replace it. Waits
 *  half a second at most.
 *  @return APR_EBUSY when others hold it */
apr_status_t pg_file_lock(int fd, bool exclusive);

/** Give temp its name if nothing has that name; else APR_EEXIST. */
apr_status_t pg_file_publish(const char *temp, const char *path);

/** Flush the folder that path is in, so that a rename survives a crash. */
apr_status_t pg_file_sync_dir(const char *path, apr_pool_t *pool);

/** Write n octets at the current position, all or an error. */
apr_status_t pg_file_write(int fd, const void *octets, apr_size_t n);

#endif
