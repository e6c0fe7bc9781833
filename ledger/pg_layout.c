/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_layout.h"

#include <apr_general.h>
#include <apr_strings.h>

#include "pg_layout1.h"
#include "pg_top.h"

/* Which octets are from where: a name for each use of the key. */
static const char *const top_uses[PG_TOP_COUNT] = {
    [PG_TOP_SOURCES] = "top sources",
    [PG_TOP_TARGETS] = "top targets",
    [PG_TOP_PORTS] = "top ports",
    [PG_TOP_AGENTS] = "top agents",
};

pg_sizes_t pg_sizes_default(void)
{
    return (pg_sizes_t){
        .lanes = 4,
        .recent = 128,
        .sets = { [PG_TOP_SOURCES] = 128, [PG_TOP_TARGETS] = 32,
                  [PG_TOP_PORTS] = 16, [PG_TOP_AGENTS] = 16 },
    };
}

bool pg_sizes_check(const pg_sizes_t *sizes, const char **why)
{
    if (sizes->lanes < 1 || sizes->lanes > 64) {
        *why = "lanes must be from 1 to 64";
        return false;
    }
    if (sizes->recent < 16 || sizes->recent > 4096) {
        *why = "recent attempts must be from 16 to 4096";
        return false;
    }
    for (unsigned t = 0; t < PG_TOP_ROOM; t++) {
        unsigned least = t < PG_TOP_COUNT ? 1 : 0;
        if (sizes->sets[t] < least || sizes->sets[t] > 1024 * least) {
            *why = "top lists must have from 8 to 8192 entries";
            return false;
        }
    }
    return true;
}

static apr_size_t page_up(apr_size_t n)
{
    return (n + 4095) & ~(apr_size_t)4095;
}

static apr_size_t lane_size(const pg_sizes_t *sizes)
{
    apr_size_t n = sizeof(pg_lane_t);

    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        n = ((n + 63) & ~(apr_size_t)63)
            + pg_top_size((pg_top_e)t, sizes->sets[t]);
    }
    return page_up(n);
}

static apr_size_t lanes_at(const pg_sizes_t *sizes)
{
    return page_up(PG_HEAD_ROOM + sizeof(pg_common_t)
                   + sizes->recent * PG_RECENT_WORDS * sizeof(pg_word_t));
}

apr_size_t pg_layout_size(const pg_sizes_t *sizes)
{
    return lanes_at(sizes) + sizes->lanes * lane_size(sizes);
}

void pg_layout_place(pg_ledger_t *out, void *base, const pg_head_t *head)
{
    apr_size_t at = sizeof(pg_lane_t);

    memset(out, 0, sizeof(*out));
    out->base = base;
    out->size = pg_layout_size(&head->sizes);
    out->since = head->since;
    out->sizes = head->sizes;
    out->key = head->key;
    pg_hash_nh_derive(&out->vhost_key, &head->key, "vhost");
    out->recent_key = pg_hash_key_derive(&head->key, "recent");
    out->common = (pg_common_t *)(void *)(out->base + PG_HEAD_ROOM);
    out->recent = (pg_word_t *)(void *)(out->common + 1);
    out->lane_at = lanes_at(&head->sizes);
    out->lane_size = lane_size(&head->sizes);
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        pg_hash_nh_derive(&out->top_key[t], &head->key, top_uses[t]);
        at = (at + 63) & ~(apr_size_t)63;
        out->top_at[t] = at;
        at += pg_top_size((pg_top_e)t, head->sizes.sets[t]);
    }
}

/* FNV-1a: finds damage, not malice; who can write the file can do anything. */
static apr_uint64_t check_of(const void *octets, apr_size_t n)
{
    const unsigned char *at = octets;
    apr_uint64_t sum = 0xcbf29ce484222325u;

    for (apr_size_t i = 0; i < n; i++) {
        sum = (sum ^ at[i]) * 0x100000001b3u;
    }
    return sum;
}

void pg_head_seal(pg_head_t *head)
{
    head->check = check_of(head, offsetof(pg_head_t, check));
}

apr_status_t pg_head_make(pg_head_t *out, const pg_sizes_t *sizes,
                          apr_time_t now)
{
    apr_status_t status;

    memset(out, 0, sizeof(*out));
    memcpy(out->magic, PG_MAGIC, sizeof(out->magic));
    out->version = PG_VERSION;
    out->byte_order = PG_BYTE_ORDER;
    out->size = pg_layout_size(sizes);
    out->since = now;
    out->sizes = *sizes;
    status = apr_generate_random_bytes((unsigned char *)&out->key,
                                       sizeof(out->key));
    pg_head_seal(out);
    return status;
}

static const char *objection_1(const pg_head1_t *head, apr_size_t size)
{
    if (head->check != check_of(head, offsetof(pg_head1_t, check))) {
        return "its head is damaged";
    }
    return head->size == size && size == sizeof(pg_block1_t)
               ? NULL : "it has a wrong size";
}

static const char *objection_2(const pg_head_t *head, apr_size_t size,
                               apr_pool_t *pool)
{
    const char *why;

    if (head->check != check_of(head, offsetof(pg_head_t, check))) {
        return "its head is damaged";
    }
    if (!pg_sizes_check(&head->sizes, &why)) {
        return apr_pstrcat(pool, "its sizes are impossible: ", why, NULL);
    }
    return head->size == size && size == pg_layout_size(&head->sizes)
               ? NULL : "it has a wrong size";
}

const char *pg_head_objection(const void *octets, apr_size_t size,
                              apr_uint32_t *version, apr_pool_t *pool)
{
    pg_head_t head;
    pg_head1_t head1;

    memcpy(&head, octets, sizeof(head));
    memcpy(&head1, octets, sizeof(head1));
    *version = head.version;
    if (memcmp(head.magic, PG_MAGIC, sizeof(head.magic)) != 0) {
        return "it is no ledger";
    }
    if (head.byte_order != PG_BYTE_ORDER) {
        return "it was written on a machine of another byte order";
    }
    switch (head.version) {
    case 1:
        return objection_1(&head1, size);
    case PG_VERSION:
        return objection_2(&head, size, pool);
    default:
        return apr_psprintf(pool, "it has layout %u, and this version of the "
                            "product knows layouts up to %u", head.version,
                            PG_VERSION);
    }
}
