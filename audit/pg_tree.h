/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reading directives of the neutral tree: names, words of arguments. */
#ifndef PG_TREE_H
#define PG_TREE_H

#include <apr_hash.h>

#include "pg_audit.h"

/** Is it this directive or section ("<Proxy")? Case does not matter. */
bool pg_tree_is(const pg_directive_t *d, const char *name);

/** Is it one of these? names ends with NULL. */
bool pg_tree_is_one(const pg_directive_t *d, const char *const *names);

/** The last directive of that name from `first` on; NULL: there is none. */
const pg_directive_t *pg_tree_last(const pg_directive_t *first,
                                   const char *name);

/** The last directive of each name from `first` on, outside of sections. */
apr_hash_t *pg_tree_index(const pg_directive_t *first, apr_pool_t *pool);

/** The directive of that name in force: the virtual host's, or else the main
 *  server's.
 *  @param server  pg_tree_index() of the main server
 *  @param vhost   NULL: only the main server's */
const pg_directive_t *pg_tree_in_force(apr_hash_t *server,
                                       const pg_directive_t *vhost,
                                       const char *name);

/**
 * Take the next word, as httpd's configuration does: a quoted string counts
 * as one, a backslash protects a quote or a backslash in it.
 * @param args  moved past the word and the white space after it
 * @return "" at the end; in pool
 */
const char *pg_tree_word(const char **args, apr_pool_t *pool);

/** The n-th word of a directive's arguments (0 is the first), or "". */
const char *pg_tree_arg(const pg_directive_t *d, int n, apr_pool_t *pool);

/** Is its first word this one? Case does not matter. */
bool pg_tree_says(const pg_directive_t *d, const char *word,
                  apr_pool_t *pool);

/** Same text but for the case of A to Z? */
bool pg_tree_same(const char *a, const char *b);

/** Does s begin with prefix, case aside? */
bool pg_tree_begins(const char *s, const char *prefix);

#endif
