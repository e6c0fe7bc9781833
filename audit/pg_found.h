/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the audit has found so far. */
#ifndef PG_FOUND_H
#define PG_FOUND_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "pg_audit.h"
#include "pg_ruletable.h"

typedef struct pg_found_t pg_found_t;

/** An empty collection, in pool. */
pg_found_t *pg_found_create(apr_pool_t *pool);

/**
 * Add a finding. The same rule at the same line of the configuration is one
 * finding, however many virtual hosts it concerns.
 * @param at      the directive or section; NULL: none in particular
 * @param vhost   "name:port"; NULL: the server as a whole
 * @param detail  put into the rule's sentence, copied
 */
void pg_found_add(pg_found_t *found, pg_rule_e which,
                  const pg_directive_t *at, const char *vhost,
                  const char *detail);

/** The sentence with `detail` in place of its "%s", if it has one. */
const char *pg_found_sentence(const char *what, const char *detail,
                              apr_pool_t *pool);

/** All findings, worst first, then by file and line. */
void pg_found_result(pg_found_t *found, pg_audit_t *out);

/**
 * Add what the server has seen to what the configuration showed.
 * @param steered  attempts of class chosen-backend
 * @return audit, or one in pool with one finding more
 */
const pg_audit_t *pg_found_live(const pg_audit_t *audit,
                                apr_uint64_t steered, apr_pool_t *pool);

#endif
