/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What mod_authz_core's Require directives and their containers answer to a
 * third party: a client without an account, from an address in no list.
 * Follows the module's own algorithm (modules/aaa/mod_authz_core.c), but over
 * sets: an unknown is all answers at once. */
#ifndef PG_REQUIRE_H
#define PG_REQUIRE_H

#include "pg_expr.h"

/** The methods distinguished, each a bit. HEAD is GET to httpd; NAMED is one
 *  without a bit of its own that a directive names, OTHER is all the rest. */
#define PG_ASKED(X)                                                   \
    X(GET) X(CONNECT) X(POST) X(PUT) X(DELETE) X(OPTIONS) X(PATCH)      \
    X(PROPFIND) X(NAMED) X(OTHER)

#define PG_ENUM_ASKED(name) PG_ASKED_##name,
typedef enum pg_asked_e {
    PG_ASKED(PG_ENUM_ASKED)
    PG_ASKED_COUNT
} pg_asked_e;
#undef PG_ENUM_ASKED

#define PG_ASKED_ALL ((1u << PG_ASKED_COUNT) - 1)

/** The bits of the methods a directive names. */
unsigned pg_require_methods(const char *args, apr_pool_t *pool);

/** The method of that name. */
pg_asked_e pg_require_method(const char *name);

/** A set of answers that a Require may give. */
enum {
    PG_AUTHZ_GRANTED = 1,
    PG_AUTHZ_DENIED = 2,
    PG_AUTHZ_NEUTRAL = 4,
    PG_AUTHZ_ANY = 3             /* granted or denied: not known          */
};

typedef enum pg_logic_e {
    PG_LOGIC_UNSET, PG_LOGIC_OFF, PG_LOGIC_AND, PG_LOGIC_OR
} pg_logic_e;

/** A Require, or a container of them. */
typedef struct pg_require_t pg_require_t;
struct pg_require_t {
    pg_logic_e op;               /* of a container; UNSET for a leaf      */
    bool negate;
    unsigned limited;            /* methods it is for                     */
    unsigned answer[PG_ASKED_COUNT]; /* a leaf's                         */
    pg_require_t *first;
    pg_require_t *next;
};

/** What one section (or a merge of several) says. */
typedef struct pg_authz_t {
    pg_require_t *section;       /* NULL: no Require                      */
    pg_logic_e merging;          /* AuthMerging                           */
} pg_authz_t;

/** <AuthzProviderAlias>es, and what else decides about Require in general. */
typedef struct pg_authz_env_t {
    const pg_directive_t **alias;
    int alias_count;
    bool anonymous;              /* some login needs no account           */
    const pg_audit_in_t *in;
    const char *client;          /* address asked from; NULL: one that is
                                    in no list                            */
} pg_authz_env_t;

/** Is no directive seen to set this variable? Names in capitals may come
 *  from modules. */
bool pg_require_env_unset(const char *name, const pg_authz_env_t *env);

/** The value of an expression for a third party's request. */
pg_tri_e pg_require_expr(const char *text, pg_asked_e method,
                         const pg_authz_env_t *env, apr_pool_t *pool);

/** Put a Require into section, limited to these methods. */
void pg_require_add(pg_require_t *section, const pg_directive_t *d,
                    unsigned limited, const pg_authz_env_t *env,
                    apr_pool_t *pool);

/** A new container. */
pg_require_t *pg_require_container(pg_logic_e op, bool negate,
                                   apr_pool_t *pool);

/** Close the container inner and put it into outer. */
void pg_require_close(pg_require_t *outer, pg_require_t *inner);

/** How `add`, a later section, changes what `base` says. */
const pg_authz_t *pg_require_merge(const pg_authz_t *base,
                                   const pg_authz_t *add, apr_pool_t *pool);

/** The result for a third party's request: a set of the answers above. */
unsigned pg_require_eval(const pg_require_t *require, pg_asked_e method,
                         pg_logic_e outer);

/** The first address of a network: "10.1.0.0" of "10.1" or "10.1.0.0/16". If
 *  it is not a network, the result is not an address. */
const char *pg_require_first(const char *net, apr_pool_t *pool);

/** Does this list of addresses and networks include the client? A set of
 *  GRANTED and DENIED. client NULL: a third party; networks of half the
 *  Internet then count as all of it. */
unsigned pg_require_addresses(const char *args, const char *client,
                              apr_pool_t *pool);

#endif
