/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The verdict on each virtual host. */
#include "pg_audit.h"

#include <apr_hash.h>
#include <apr_strings.h>

#include "pg_rules.h"
#include "pg_stated.h"
#include "pg_tree.h"

static const char *place(const pg_directive_t *d, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s:%d", d->file, d->line);
}

/* "<Proxy "*"> (httpd.conf:12)" */
static const char *label(const pg_directive_t *d, apr_pool_t *pool)
{
    bool section = d->name[0] == '<';

    return apr_pstrcat(pool, d->name, section ? " " : "",
                       section ? d->args : "", section ? "> (" : " (",
                       place(d, pool), ")", NULL);
}

/* A clause in all languages; "%s" is the place of the detail. */
typedef const char *words_t[PG_LANG_COUNT];

/* Append a clause to the explanation of a virtual host. */
static void add_words(pg_vhost_t *v, const words_t words, const char *detail,
                      apr_pool_t *pool)
{
    for (int lang = 0; lang < PG_LANG_COUNT; lang++) {
        v->why[lang] = apr_pstrcat(pool, v->why[lang] ? v->why[lang] : "",
                                   pg_found_sentence(words[lang], detail,
                                                     pool), NULL);
    }
}

static void set_words(pg_vhost_t *v, pg_posture_e posture,
                      const words_t words, const char *detail,
                      apr_pool_t *pool)
{
    v->posture = posture;
    memset(v->why, 0, sizeof(v->why));
    add_words(v, words, detail, pool);
}

static const words_t no_carrier = {
    "ProxyRequests is On, but no module is loaded that carries requests",
    "ProxyRequests は On ですが、要求を転送するモジュールがありません"
};
static const words_t refused = { "third parties are refused",
                                 "第三者は拒否されます" };
static const words_t refused_by = { "third parties are refused by %s",
                                    "第三者は %s により拒否されます" };
static const words_t not_known = {
    "third parties may be able to relay by %s",
    "第三者が中継できるかどうか判定できません (%s)"
};
static const words_t depends = { ": it depends on %s",
                                 "。%s に依存します" };
static const words_t may_relay = { "third parties may relay by %s",
                                   "第三者が中継できます (%s)" };
static const words_t by_stating = {
    ", from whatever address they state",
    "。アドレスは自己申告です"
};
static const words_t to_some = { " to some targets, such as %s",
                                 "。一部の宛先のみ、例: %s" };
static const words_t choose = {
    "clients choose the destination of %s",
    "%s の転送先をクライアントが選べます"
};
static const words_t stopped = {
    "clients choose the destination of %s, and the guard stops them",
    "%s の転送先をクライアントが選べますが、ガードが止めています"
};
static const words_t may_choose = {
    "clients may be able to choose the destination of %s",
    "%s の転送先をクライアントが選べるかもしれません"
};
static const words_t on_purpose = { "ProxyGuardForward Allow",
                                    "ProxyGuardForward Allow" };
static const words_t is_off = { "ProxyRequests is Off",
                                "ProxyRequests は Off です" };
static const words_t twice = {
    "its section is included more than once",
    "このセクションは複数回読み込まれています"
};

/* A <VirtualHost>, by its place in the configuration. */
typedef struct vhost_t {
    const pg_directive_t *section;
    bool twice;
} vhost_t;

/* For a virtual host that is not in the tree. */
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

static void judge_forward(pg_vhost_t *v, const pg_forward_t *f, bool stated,
                          apr_pool_t *pool)
{
    const pg_judged_t *w = worst(f);

    switch (w->gate) {
    case PG_GATE_NONE:
        set_words(v, PG_POSTURE_NO_PROXY, no_carrier, "", pool);
        return;
    case PG_GATE_CLOSED:
        set_words(v, PG_POSTURE_RESTRICTED, w->section ? refused_by : refused,
                  w->section ? label(w->section, pool) : "", pool);
        return;
    case PG_GATE_UNKNOWN:
        set_words(v, PG_POSTURE_UNKNOWN, not_known,
                  pg_forward_doors(f, PG_GATE_UNKNOWN, pool), pool);
        if (w->cause) {
            add_words(v, depends, label(w->cause, pool), pool);
        }
        return;
    case PG_GATE_OPEN:
        set_words(v, PG_POSTURE_OPEN, may_relay,
                  pg_forward_doors(f, PG_GATE_OPEN, pool), pool);
        if (!w->every_target) {
            add_words(v, to_some, w->target, pool);
        }
        if (stated) {
            add_words(v, by_stating, "", pool);
        }
        return;
    }
}

static void judge_reverse(pg_vhost_t *v, const pg_reviewed_t *r,
                          apr_pool_t *pool)
{
    bool stops = r->site->gate && v->posture == PG_POSTURE_NO_PROXY;

    if (r->reverse == PG_GATE_OPEN && stops) {
        set_words(v, v->posture, stopped, label(r->reverse_at, pool), pool);
    }
    else if (r->reverse == PG_GATE_OPEN && !r->site->gate) {
        set_words(v, PG_POSTURE_OPEN, choose, label(r->reverse_at, pool),
                  pool);
        v->bare = true;
    }
    else if (r->reverse == PG_GATE_UNKNOWN && !r->site->gate
             && v->posture != PG_POSTURE_OPEN) {
        set_words(v, PG_POSTURE_UNKNOWN, may_choose,
                  label(r->reverse_at, pool), pool);
    }
}

static void judge(pg_vhost_t *v, const pg_reviewed_t *r, apr_pool_t *pool)
{
    v->name = r->site->name;
    if (r->forward) {
        judge_forward(v, r->forward, r->stated != NULL, pool);
    }
    else {
        set_words(v, PG_POSTURE_NO_PROXY, is_off, "", pool);
    }
    v->bare = v->posture == PG_POSTURE_OPEN && !r->site->forward_gate;
    judge_reverse(v, r, pool);
    v->unwatched = r->site->guard_off && v->posture != PG_POSTURE_NO_PROXY
                   && v->posture != PG_POSTURE_RESTRICTED;
    if (r->site->on_purpose && v->posture == PG_POSTURE_OPEN) {
        set_words(v, PG_POSTURE_ON_PURPOSE, on_purpose, "", pool);
    }
}

/* Two <VirtualHost>s with one line: a file that is included twice. Their
 * differences are not known. */
static void cannot_tell(pg_vhost_t *v, const pg_reviewed_t *r,
                        apr_pool_t *pool)
{
    if (r->forward) {
        set_words(v, PG_POSTURE_UNKNOWN, twice, "", pool);
    }
}

typedef struct audit_t {
    const pg_audit_in_t *in;
    pg_access_t *access;
    apr_hash_t *stated;          /* address -> the access of its client   */
    apr_hash_t *server;          /* pg_tree_index()                       */
    const pg_directive_t *remoteip; /* the main server's RemoteIP...      */
    apr_array_header_t *addresses[2]; /* to state: public, and any; NULL:
                                    not collected yet                     */
    pg_rules_t *rules;
    apr_hash_t *index;
    apr_pool_t *pool;            /* of the answer                         */
    apr_pool_t *scratch;
} audit_t;

/* The directives of mod_remoteip at the top level, in a list of their own,
 * since they are needed for each of ten thousand virtual hosts. */
static const pg_directive_t *remoteip_of(const pg_directive_t *tree,
                                         apr_pool_t *pool)
{
    const pg_directive_t *first = NULL, **at = &first;

    for (const pg_directive_t *d = tree; d; d = d->next) {
        if (pg_tree_begins(d->name, "RemoteIP")) {
            pg_directive_t *copy = apr_pmemdup(pool, d, sizeof(*d));
            copy->next = NULL;
            *at = copy;
            at = &copy->next;
        }
    }
    return first;
}

static pg_access_t *access_of(const audit_t *a, const char *client)
{
    pg_access_t *access = apr_hash_get(a->stated, client,
                                       APR_HASH_KEY_STRING);

    if (access == NULL) {
        apr_pool_t *pool = apr_hash_pool_get(a->stated);
        client = apr_pstrdup(pool, client);
        access = pg_forward_access(a->in, client, pool);
        apr_hash_set(a->stated, client, APR_HASH_KEY_STRING, access);
    }
    return access;
}

/* If clients can state their own address, the forward proxy is as open as it
 * is to the address with the most access. */
static void judge_stated(audit_t *a, pg_reviewed_t *r)
{
    pg_stated_t stated = { .at = NULL };
    apr_array_header_t *all;

    if (worst(r->forward)->gate != PG_GATE_OPEN) {
        stated = pg_stated_find(a->server, a->remoteip, r->vhost,
                                a->scratch);
    }
    if (stated.at == NULL) {
        return;
    }
    all = a->addresses[stated.any];
    if (all == NULL) {
        all = pg_stated_addresses(a->in->tree, &stated,
                                  apr_hash_pool_get(a->stated));
        a->addresses[stated.any] = all;
    }
    for (int i = 0; i < all->nelts && !r->stated; i++) {
        const pg_forward_t *f = pg_forward_judge(
            access_of(a, APR_ARRAY_IDX(all, i, const char *)), r->vhost,
            a->scratch);
        bool open = worst(f)->gate == PG_GATE_OPEN;
        if (worst(f)->gate > worst(r->forward)->gate) {
            r->forward = f;
            r->stated = open ? stated.at : NULL;
        }
    }
}

static void audit_site(audit_t *a, const pg_site_t *site,
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
        judge_stated(a, &r);
    }
    pg_rules_site(a->rules, &r);
    judge(v, &r, a->pool);
    if (r.vhost == &no_section || (at && at->twice)) {
        cannot_tell(v, &r, a->pool);
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
    a.stated = apr_hash_make(work);
    a.server = pg_tree_index(in->tree, work);
    a.remoteip = remoteip_of(in->tree, work);
    a.access = pg_forward_access(in, NULL, work);
    a.rules = pg_rules_create(in, a.access, a.server, found, work);
    out->vhost_count = in->site_count;
    out->vhosts = apr_pcalloc(pool, sizeof(*out->vhosts) * in->site_count);
    for (apr_size_t i = 0; i < in->site_count; i++) {
        audit_site(&a, &in->sites[i], &out->vhosts[i]);
    }
    pg_rules_server(a.rules);
    pg_found_result(found, out);
    apr_pool_destroy(work);
    return out;
}
