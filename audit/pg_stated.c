/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_stated.h"

#include <apr_strings.h>

#include "pg_address.h"
#include "pg_require.h"
#include "pg_tree.h"

#define MOST_ADDRESSES 100

/* Does the list include clients that it should not? *set: there is a list at
 * all. */
static bool trusts_all(const pg_directive_t *first, const char *name,
                       bool *set, apr_pool_t *pool)
{
    bool all = false;

    for (const pg_directive_t *d = first; d; d = d->next) {
        if (pg_tree_begins(d->name, name)) {
            *set = true;
            all |= pg_tree_is(d, name)
                   && pg_require_addresses(d->args, NULL, pool)
                          == PG_AUTHZ_GRANTED;
        }
    }
    return all;
}

/* A virtual host's own lists are added to the server's (httpd logs AH10633).
 * In older versions they replaced them; then this errs on the safe side. */
static bool believes_all(const pg_directive_t *tree,
                         const pg_directive_t *vhost, bool *any,
                         apr_pool_t *pool)
{
    const pg_directive_t *const lists[] = { vhost ? vhost->child : NULL,
                                            tree };
    bool set = false, trusted = false;

    *any = false;
    for (int i = 0; i < 2; i++) {
        *any |= trusts_all(lists[i], "RemoteIPInternalProxy", &set, pool);
        trusted |= trusts_all(lists[i], "RemoteIPTrustedProxy", &set, pool);
    }
    return *any || trusted || !set;
}

pg_stated_t pg_stated_find(apr_hash_t *server, const pg_directive_t *tree,
                           const pg_directive_t *vhost, apr_pool_t *pool)
{
    const pg_directive_t *protocol = pg_tree_in_force(server, vhost,
                                                      "RemoteIPProxyProtocol");
    const pg_directive_t *header = pg_tree_in_force(server, vhost,
                                                    "RemoteIPHeader");
    pg_stated_t out = { .at = NULL };

    if (protocol && pg_tree_says(protocol, "On", pool)) {
        out.at = protocol;
        out.any = true;
    }
    else if (header && believes_all(tree, vhost, &out.any, pool)) {
        out.at = header;
    }
    return out;
}

/* mod_remoteip accepts such an address only from an internal proxy. */
static bool is_private(const pg_address_t *a)
{
    return pg_address_is_ipv4(a)
           ? pg_address_is_loopback(a) || pg_address_is_private(a)
           : (a->octets[0] & 0xe0) != 0x20;
}

/* The first address of a network, in a word that may have quotes around it. */
static const char *address_in(const char *word, apr_pool_t *pool)
{
    word += strspn(word, "'\"(");
    return pg_require_first(apr_pstrmemdup(pool, word,
               strspn(word, "0123456789abcdefABCDEF.:")), pool);
}

static void add(apr_array_header_t *out, const char *address, bool any)
{
    pg_address_t a;

    if (!pg_address_parse(&a, pg_span_str(address))
        || (!any && is_private(&a)) || out->nelts == MOST_ADDRESSES) {
        return;
    }
    for (int i = 0; i < out->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(out, i, const char *), address) == 0) {
            return;
        }
    }
    APR_ARRAY_PUSH(out, const char *) = address;
}

static void collect(apr_array_header_t *out, const pg_directive_t *first,
                    bool any)
{
    static const char *const names[] = { "Require", "allow", "deny", "<If",
                                         "<ElseIf", "<AuthzProviderAlias",
                                         NULL };

    for (const pg_directive_t *d = first; d; d = d->next) {
        const char *args = d->args;
        while (pg_tree_is_one(d, names) && *args) {
            const char *word = pg_tree_word(&args, out->pool);
            while (*word) {
                add(out, address_in(word, out->pool), any);
                word += strcspn(word, " ");
                word += strspn(word, " ");
            }
        }
        collect(out, d->child, any);
    }
}

apr_array_header_t *pg_stated_addresses(const pg_directive_t *tree,
                                        const pg_stated_t *stated,
                                        apr_pool_t *pool)
{
    apr_array_header_t *out = apr_array_make(pool, 4, sizeof(char *));

    if (stated->any) {
        add(out, "127.0.0.1", true);
    }
    collect(out, tree, stated->any);
    if (out->nelts == 0) {           /* one that may have any name        */
        add(out, PG_THIRD_PARTY, true);
    }
    return out;
}
