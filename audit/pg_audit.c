/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The verdict on each virtual host. */
#include "pg_audit.h"

#include <apr_hash.h>
#include <apr_strings.h>

#include "pg_rules.h"
#include "pg_tree.h"

static const char *place(const pg_directive_t *d, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s:%d", d->file, d->line);
}

/* "<Proxy "*"> at httpd.conf:12" */
static const char *label(const pg_directive_t *d, apr_pool_t *pool)
{
    bool section = d->name[0] == '<';

    return apr_pstrcat(pool, d->name, section ? " " : "",
                       section ? d->args : "", section ? "> at " : " at ",
                       place(d, pool), NULL);
}

/* A <VirtualHost>, by the place it stands at. */
typedef struct vhost_t {
    const pg_directive_t *section;
    bool twice;
} vhost_t;

/* For a virtual host that stands nowhere in the tree. */
static const pg_directive_t no_section = { .name = "", .args = "",
                                           .file = "" };

static apr_hash_t *index_vhosts(const pg_audit_in_t *in, apr_pool_t *pool)
{
    apr_hash_t *index = apr_hash_make(pool);

    for (const pg_directive_t *d = in->tree; d; d = d->next) {
        const char *key;
        vhost_t *v;
        if (!pg_tree_is(d, "<VirtualHost")) {
            continue;
        }
        key = place(d, pool);
        v = apr_hash_get(index, key, APR_HASH_KEY_STRING);
        if (v) {
            v->twice = true;
            continue;
        }
        v = apr_pcalloc(pool, sizeof(*v));
        v->section = d;
        apr_hash_set(index, key, APR_HASH_KEY_STRING, v);
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
                                          label(w->section, pool), NULL)
                            : "strangers are refused";
        return;
    case PG_GATE_UNKNOWN:
        v->posture = PG_POSTURE_UNKNOWN;
        v->why = apr_pstrcat(pool, "not analysed for ",
                             doors(f, PG_GATE_UNKNOWN, pool),
                             w->cause ? ": it depends on " : "",
                             w->cause ? label(w->cause, pool) : "", NULL);
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

static void judge_reverse(pg_vhost_t *v, const pg_reviewed_t *r,
                          apr_pool_t *pool)
{
    if (r->reverse == PG_GATE_OPEN) {
        v->posture = PG_POSTURE_OPEN;
        v->why = apr_pstrcat(pool, "strangers choose the target of ",
                             label(r->reverse_at, pool), NULL);
    }
    else if (r->reverse == PG_GATE_UNKNOWN
             && v->posture != PG_POSTURE_OPEN) {
        v->posture = PG_POSTURE_UNKNOWN;
        v->why = apr_pstrcat(pool, "strangers may be able to choose the "
                             "target of ", label(r->reverse_at, pool), NULL);
    }
}

static void judge(pg_vhost_t *v, const pg_reviewed_t *r, apr_pool_t *pool)
{
    v->name = r->site->name;
    if (r->forward) {
        judge_forward(v, r->forward, pool);
    }
    else {
        v->posture = PG_POSTURE_NO_PROXY;
        v->why = "ProxyRequests is Off";
    }
    judge_reverse(v, r, pool);
    if (r->site->on_purpose && v->posture == PG_POSTURE_OPEN) {
        v->posture = PG_POSTURE_ON_PURPOSE;
        v->why = "ProxyGuardForward Allow";
    }
}

/* Two <VirtualHost>s of one line: a file that is included twice. What
 * differs between them cannot be told. */
static void cannot_tell(pg_vhost_t *v, const pg_reviewed_t *r)
{
    if (r->forward) {
        v->posture = PG_POSTURE_UNKNOWN;
        v->why = "its section is included more than once";
    }
}

typedef struct audit_t {
    const pg_audit_in_t *in;
    pg_access_t *access;
    pg_rules_t *rules;
    apr_hash_t *index;
    apr_pool_t *pool;            /* of the answer                         */
    apr_pool_t *scratch;
} audit_t;

static void audit_site(const audit_t *a, const pg_site_t *site,
                       pg_vhost_t *v)
{
    pg_reviewed_t r = { .site = site };
    const vhost_t *at = NULL;

    apr_pool_clear(a->scratch);
    if (site->file) {
        at = apr_hash_get(a->index, apr_psprintf(a->scratch, "%s:%d",
                          site->file, site->line), APR_HASH_KEY_STRING);
        r.vhost = at ? at->section : &no_section;
    }
    if (site->proxy_requests) {
        r.forward = pg_forward_judge(a->access, r.vhost, a->scratch);
    }
    pg_rules_site(a->rules, &r);
    judge(v, &r, a->pool);
    if (r.vhost == &no_section || (at && at->twice)) {
        cannot_tell(v, &r);
    }
}

pg_audit_t *pg_audit_run(const pg_audit_in_t *in, apr_pool_t *pool)
{
    pg_audit_t *out = apr_pcalloc(pool, sizeof(*out));
    pg_found_t *found = pg_found_create(pool);
    audit_t a = { .in = in, .pool = pool };
    apr_pool_t *work;

    apr_pool_create(&work, pool);
    apr_pool_create(&a.scratch, work);
    a.index = index_vhosts(in, work);
    a.access = pg_forward_access(in, work);
    a.rules = pg_rules_create(in, a.access, found, work);
    out->vhost_count = in->site_count;
    out->vhosts = apr_pcalloc(pool, sizeof(*out->vhosts)
                                    * (in->site_count + 1));
    for (apr_size_t i = 0; i < in->site_count; i++) {
        audit_site(&a, &in->sites[i], &out->vhosts[i]);
    }
    pg_rules_server(a.rules);
    pg_found_result(found, out);
    apr_pool_destroy(work);
    return out;
}
