/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The verdict on each virtual host. */
#include "pg_audit.h"

#include <apr_hash.h>
#include <apr_strings.h>

#include "pg_forward.h"
#include "pg_tree.h"

static const char *place(const pg_directive_t *d, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s:%d", d->file, d->line);
}

/* Where each <VirtualHost> stands -> its section. */
static apr_hash_t *index_vhosts(const pg_audit_in_t *in, apr_pool_t *pool)
{
    apr_hash_t *index = apr_hash_make(pool);

    for (const pg_directive_t *d = in->tree; d; d = d->next) {
        if (pg_tree_is(d, "<VirtualHost")) {
            apr_hash_set(index, place(d, pool), APR_HASH_KEY_STRING, d);
        }
    }
    return index;
}

/* "GET", "GET and CONNECT", ... : the doors that are so. */
static const char *doors(const pg_forward_t *f, pg_gate_e gate,
                         apr_pool_t *pool)
{
    static const char *const names[PG_DOOR_COUNT] = {
        [PG_DOOR_GET] = "GET", [PG_DOOR_METHODS] = "other methods",
        [PG_DOOR_CONNECT] = "CONNECT"
    };
    const char *out = "";

    for (int i = 0; i < PG_DOOR_COUNT; i++) {
        if (f->door[i].gate == gate) {
            out = apr_pstrcat(pool, out, *out ? ", " : "", names[i], NULL);
        }
    }
    return out;
}

static const pg_judged_t *worst(const pg_forward_t *f)
{
    const pg_judged_t *worst_door = &f->door[0];

    for (int i = 1; i < PG_DOOR_COUNT; i++) {
        if (f->door[i].gate > worst_door->gate) {
            worst_door = &f->door[i];
        }
    }
    return worst_door;
}

static void judge_forward(pg_vhost_t *v, const pg_forward_t *f,
                          apr_pool_t *pool)
{
    const pg_judged_t *w = worst(f);

    switch (w->gate) {
    case PG_GATE_NONE:
        v->posture = PG_POSTURE_NO_PROXY;
        v->why = "ProxyRequests is On, but no module carries requests";
        return;
    case PG_GATE_CLOSED:
        v->posture = PG_POSTURE_RESTRICTED;
        v->why = w->section ? apr_pstrcat(pool, "strangers are refused by ",
                                          w->section->name, " at ",
                                          place(w->section, pool), NULL)
                            : "strangers are refused";
        return;
    case PG_GATE_UNKNOWN:
        v->posture = PG_POSTURE_UNKNOWN;
        v->why = apr_pstrcat(pool, "not analysed for ",
                             doors(f, PG_GATE_UNKNOWN, pool),
                             w->cause ? ": it depends on " : "",
                             w->cause ? w->cause->name : "",
                             w->cause ? " at " : "",
                             w->cause ? place(w->cause, pool) : "", NULL);
        return;
    case PG_GATE_OPEN:
        v->posture = PG_POSTURE_OPEN;
        v->why = apr_pstrcat(pool, "strangers may relay by ",
                             doors(f, PG_GATE_OPEN, pool),
                             w->every_target ? "" : " to some targets, as ",
                             w->every_target ? "" : w->target, NULL);
        return;
    }
}

static void judge(pg_vhost_t *v, const pg_site_t *site,
                  const pg_forward_t *f, apr_pool_t *pool)
{
    v->name = site->name;
    if (!site->proxy_requests) {
        v->posture = PG_POSTURE_NO_PROXY;
        v->why = "ProxyRequests is Off";
        return;
    }
    judge_forward(v, f, pool);
    if (site->on_purpose && v->posture == PG_POSTURE_OPEN) {
        v->posture = PG_POSTURE_ON_PURPOSE;
        v->why = "ProxyGuardForward Allow";
    }
}

pg_audit_t *pg_audit_run(const pg_audit_in_t *in, apr_pool_t *pool)
{
    pg_audit_t *out = apr_pcalloc(pool, sizeof(*out));
    apr_hash_t *index = index_vhosts(in, pool);
    pg_access_t *access = pg_access_create(in, pool);
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    out->vhost_count = in->site_count;
    out->vhosts = apr_pcalloc(pool, sizeof(*out->vhosts)
                                    * (in->site_count + 1));
    for (apr_size_t i = 0; i < in->site_count; i++) {
        const pg_site_t *site = &in->sites[i];
        const pg_directive_t *section = NULL;
        const pg_forward_t *f = NULL;
        if (site->file) {
            section = apr_hash_get(index, apr_psprintf(scratch, "%s:%d",
                                   site->file, site->line),
                                   APR_HASH_KEY_STRING);
        }
        if (site->proxy_requests) {
            f = pg_forward_judge(access, section, scratch);
        }
        judge(&out->vhosts[i], site, f, pool);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return out;
}
