/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The table of findings, and the collection of what was found. docs/audit.md
 * explains each to administrators. */
#ifndef PG_FOUND_H
#define PG_FOUND_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "pg_audit.h"

/** Rules; their ids, severities and texts are in pg_found.c. */
typedef enum pg_rule_e {
    PG_RULE_OPEN_BARE,
    PG_RULE_OPEN_DOOR,
    PG_RULE_OPEN_GRANTED,
    PG_RULE_OPEN_SOME,
    PG_RULE_OPEN_MAIL,
    PG_RULE_PASS_CHOSEN,
    PG_RULE_REWRITE_CHOSEN,
    PG_RULE_NOT_ANALYSED,
    PG_RULE_REVERSE_UNSURE,
    PG_RULE_LOOKS_LOCATION,
    PG_RULE_LOOKS_FILES,
    PG_RULE_LOOKS_REWRITE,
    PG_RULE_MAIL_PORT,
    PG_RULE_MORE_PORTS,
    PG_RULE_WIDE_NET,
    PG_RULE_GUARD_OFF,
    PG_RULE_STATUS_OPEN,
    PG_RULE_NO_NAME,
    PG_RULE_ALIAS_ALL,
    PG_RULE_H2_PROXY,
    PG_RULE_ADD_HEADERS,
    PG_RULE_ON_PURPOSE,
    PG_RULE_VIA,
    PG_RULE_COMPAT,
    PG_RULE_CONNECT_UNUSED,
    PG_RULE_PORT_CHOSEN,
    PG_RULE_STOPPED,
    PG_RULE_STATED_ADDRESS,
    PG_RULE_BY_SENT,
    PG_RULE_HOST_DENY,
    PG_RULE_NOT_IN_TREE,
    PG_RULE_STATUS_PROXIED,
    PG_RULE_COUNT
} pg_rule_e;

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
