/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_layout.h"

#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

/* A name for each use of the key, from which a key of its own is derived. */
static const char *const top_uses[PG_TOP_COUNT] = {
    [PG_TOP_SOURCES] = "top sources",
    [PG_TOP_TARGETS] = "top targets",
    [PG_TOP_PORTS] = "top ports",
    [PG_TOP_AGENTS] = "top agents",
};

const apr_uint32_t pg_layout_text_words[PG_TOP_COUNT] = {
    [PG_TOP_SOURCES] = 2,
    [PG_TOP_TARGETS] = 13,
    [PG_TOP_PORTS] = 1,
    [PG_TOP_AGENTS] = 17,
};

#define LANES_MOST 16

/* --- sizes --------------------------------------------------------------- */

pg_sizes_t pg_layout_sizes(void)
{
    return (pg_sizes_t){
        .lanes = 1,
        .recent = 128,
        .sets = { [PG_TOP_SOURCES] = 128, [PG_TOP_TARGETS] = 32,
                  [PG_TOP_PORTS] = 16, [PG_TOP_AGENTS] = 16 },
    };
}

bool pg_layout_sizes_check(const pg_sizes_t *sizes, const char **why)
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

/* One for each CPU, so that they do not fight for cache lines; beyond 16 the
 * memory is worth more. */
static apr_uint32_t lanes_of_cpus(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    return cpus < 1 ? 1 : cpus > LANES_MOST ? LANES_MOST : (apr_uint32_t)cpus;
}

pg_sizes_t pg_layout_sizes_of(const pg_ledger_options_t *options)
{
    pg_sizes_t s = pg_layout_sizes();

    s.lanes = options->lanes ? options->lanes : lanes_of_cpus();
    s.recent = options->recent ? options->recent : s.recent;
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        s.sets[t] = options->top[t] ? (options->top[t] + 7) / 8 : s.sets[t];
    }
    return s;
}

static apr_size_t page_up(apr_size_t n)
{
    return (n + 4095) & ~(apr_size_t)4095;
}

static apr_size_t line_up(apr_size_t n)
{
    return (n + 63) & ~(apr_size_t)63;
}

/*  A list in one lane:  hot[sets][8] | claim[sets] | entry[sets * 8], an
 *  entry being hash, error, length and text. */
static apr_size_t top_size(unsigned list, apr_uint32_t sets)
{
    return sizeof(pg_word_t) * sets
           * (8 + 1 + 8 * (3 + pg_layout_text_words[list]));
}

static apr_size_t lane_size(const pg_sizes_t *sizes)
{
    apr_size_t n = sizeof(pg_lane_t);

    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        n = line_up(n) + top_size(t, sizes->sets[t]);
    }
    return page_up(n);
}

static apr_size_t lanes_at(const pg_sizes_t *sizes)
{
    apr_size_t entries = sizes->recent + PG_CLASS_ROOM * PG_RECENT_RESERVE;

    return page_up(PG_HEAD_ROOM + sizeof(pg_common_t)
                   + entries * PG_RECENT_WORDS * sizeof(pg_word_t));
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
    out->fd = -1;
    out->head = *head;
    out->sizes = head->sizes;
    pg_hash_nh_derive(&out->vhost_key, &head->key, "vhost");
    pg_hash_nh_derive(&out->recent_key, &head->key, "recent");
    out->common = (pg_common_t *)(void *)(out->base + PG_HEAD_ROOM);
    out->recent = (pg_word_t *)(void *)(out->common + 1);
    out->lane_at = lanes_at(&head->sizes);
    out->lane_size = lane_size(&head->sizes);
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        pg_hash_nh_derive(&out->top_key[t], &head->key, top_uses[t]);
        at = line_up(at);
        out->top_at[t] = at;
        at += top_size(t, head->sizes.sets[t]);
    }
}

/* --- the head ------------------------------------------------------------ */

/* Against damage, not malice: whoever can write the file can do anything. */
static apr_uint64_t check_of(const pg_head_t *head)
{
    static const pg_key_t public_key = { { 0, 0 } };

    return pg_hash(&public_key, head, offsetof(pg_head_t, check));
}

void pg_layout_seal(pg_head_t *head)
{
    head->key_id = pg_hash_key_derive(&head->key, "key id").k[0];
    head->check = check_of(head);
}

apr_status_t pg_layout_head(pg_head_t *out, const pg_sizes_t *sizes,
                            const pg_key_t *key, apr_time_t now)
{
    apr_status_t status = APR_SUCCESS;

    memset(out, 0, sizeof(*out));
    memcpy(out->magic, PG_MAGIC, sizeof(out->magic));
    out->version = PG_VERSION;
    out->byte_order = PG_BYTE_ORDER;
    out->size = pg_layout_size(sizes);
    out->since = now;
    out->sizes = *sizes;
    if (key) {
        out->key = *key;
    }
    else {
        status = apr_generate_random_bytes((unsigned char *)&out->key,
                                           sizeof(out->key));
    }
    pg_layout_seal(out);
    return status;
}

apr_status_t pg_layout_head_of(pg_head_t *out,
                               const pg_ledger_options_t *options,
                               apr_time_t now)
{
    pg_sizes_t sizes = pg_layout_sizes_of(options);
    const pg_key_t *key = options->key_of ? &options->key_of->head.key
                                          : options->key;
    apr_status_t status = pg_layout_head(out, &sizes, key, now);

    if (status == APR_SUCCESS) {
        status = apr_generate_random_bytes((unsigned char *)&out->id,
                                           sizeof(out->id));
    }
    out->id |= 1;                /* 0 is that of private memory           */
    pg_layout_seal(out);
    return status;
}

static pg_layout_e damaged(const char **why, const char *what)
{
    *why = what;
    return PG_LAYOUT_DAMAGED;
}

static pg_layout_e other(const char **why, const char *what)
{
    *why = what;
    return PG_LAYOUT_OTHER;
}

pg_layout_e pg_layout_check(pg_head_t *out, const void *octets, apr_size_t n,
                            apr_size_t size, const char **why,
                            apr_pool_t *pool)
{
    memcpy(out, octets, n < sizeof(*out) ? n : sizeof(*out));
    *why = "it is not a ledger";
    if (n < sizeof(out->magic)
        || memcmp(out->magic, PG_MAGIC, sizeof(out->magic)) != 0) {
        return PG_LAYOUT_FOREIGN;
    }
    if (n < sizeof(*out)) {
        return damaged(why, "it is too short for a ledger");
    }
    if (out->byte_order != PG_BYTE_ORDER) {
        return out->byte_order == __builtin_bswap32(PG_BYTE_ORDER)
                   ? other(why, "it was written on a machine with another "
                           "byte order")
                   : damaged(why, "its header is damaged");
    }
    if (out->version != PG_VERSION) {
        return other(why, apr_psprintf(
            pool, "it has layout %u, but this version reads only layout %u",
            out->version, PG_VERSION));
    }
    if (out->check != check_of(out)) {
        return damaged(why, "its header is damaged");
    }
    if (!pg_layout_sizes_check(&out->sizes, why)) {
        return damaged(why, apr_pstrcat(pool, "its sizes are impossible: ",
                                        *why, NULL));
    }
    if (out->size != size || size != pg_layout_size(&out->sizes)) {
        return damaged(why, "it has a wrong size");
    }
    *why = NULL;
    return PG_LAYOUT_SOUND;
}
