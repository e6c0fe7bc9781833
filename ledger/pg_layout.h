/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The layout of a ledger: private to this folder.
 *
 *   0      pg_head_t    magic, version, size, key, check   [creator, once]
 *   128    totals       count[kind][outcome], permitted    [any child, add]
 *   4096   end
 *
 * Offsets only, no pointers; native byte order, which the head says. The head
 * is written before the file gets its name and is constant from then on. */
#ifndef PG_LAYOUT_H
#define PG_LAYOUT_H

#include <assert.h>
#include <stdatomic.h>

#include "pg_ledger.h"

static_assert(ATOMIC_LLONG_LOCK_FREE == 2,
              "counters shared between processes need lock-free 64-bit "
              "atomics");

#define PG_MAGIC "PGLEDGER"      /* 8 octets, no NUL                      */
#define PG_BYTE_ORDER 0x01020304u
#define PG_VERSION 1u

/** A word that any process may change at any time. */
typedef _Atomic apr_uint64_t pg_word_t;

/* Class and family joined in one number, the kind, so that one word counts an
 * attempt in both and they can never disagree. A class has one family by
 * itself; malformed requests have four: kind 6 is malformed of family get,
 * 7 + f malformed of family f. Room for 8 classes and 5 families. */
#define PG_KINDS 12
#define PG_OUTCOME_ROOM 8
#define PG_KIND_MALFORMED 7      /* + family, unless that is get          */

static_assert(PG_CLASS_COUNT <= 8 && PG_FAMILY_COUNT <= 5, "kinds");
static_assert(PG_FAMILY_GET == 0, "malformed, as a class, is of family get");

typedef struct pg_head_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t byte_order;
    apr_uint64_t size;               /* of the file, octets               */
    apr_int64_t since;               /* us since 1970                     */
    apr_uint64_t key[2];             /* of the hash, from the system      */
    apr_uint64_t check;              /* FNV-1a of all octets before it    */
} pg_head_t;

/* Version 1: rows and columns have spare room, since names are only ever
 * appended. */
typedef struct pg_block_t {
    union {
        pg_head_t head;
        char room[128];
    };
    pg_word_t count[PG_KINDS][PG_OUTCOME_ROOM]; /* [kind][outcome]        */
    pg_word_t permitted;
    char reserved[4096 - 128
                  - 8 * (PG_KINDS * PG_OUTCOME_ROOM + 1)];
} pg_block_t;

static_assert(sizeof(pg_block_t) == 4096, "version 1 is one page");
static_assert(PG_OUTCOME_COUNT <= PG_OUTCOME_ROOM, "spare room");

/** The kind of an attempt; PG_KINDS for values outside the lists. */
static inline unsigned pg_kind_of(pg_class_e c, pg_family_e f)
{
    if ((unsigned)c >= PG_CLASS_COUNT || (unsigned)f >= PG_FAMILY_COUNT) {
        return PG_KINDS;
    }
    return c == PG_CLASS_MALFORMED && f != PG_FAMILY_GET
               ? PG_KIND_MALFORMED + (unsigned)f
               : (unsigned)c;
}

/** Class and family of a kind; false for a kind that nothing can have. */
static inline bool pg_kind_split(unsigned kind, pg_class_e *c, pg_family_e *f)
{
    bool other = kind > PG_KIND_MALFORMED;

    *c = other ? PG_CLASS_MALFORMED : (pg_class_e)kind;
    *f = other ? (pg_family_e)(kind - PG_KIND_MALFORMED)
               : pg_class_family(*c);
    return (unsigned)*c < PG_CLASS_COUNT && (unsigned)*f < PG_FAMILY_COUNT;
}

#endif
