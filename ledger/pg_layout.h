/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The layout of a ledger: private to this folder. Layout 1:
 *
 *   0      head      magic, version, sizes, key, check     [creator, once]
 *   4096   common    vhost names, distinct sources, covered time, ledgers
 *                    merged in, digests of scanned logs, the
 *                    sink, recent attempts                 [any child]
 *          lane 0    totals, history, top lists            [any child]
 *          ...
 *          lane n-1  the same again                        [any child]
 *
 *   a lane:
 *   +0     totals    count[kind][outcome][method][port class]
 *          vhosts    count[vhost][outcome]
 *          history   minutes | hours | days | months, each [slot][kind]
 *          intents   count[intent]
 *          tops      sources | targets | ports | user agents, each
 *                    set[n] (8 hot words and a claim), then 8 n entries
 *
 * A lane is a complete set of counters. A writer uses the lane of the CPU it
 * runs on, so that CPUs do not fight for cache lines; a reader adds the lanes
 * up. Any writer may use any lane at any time: it is only a matter of speed.
 *
 * Offsets only, no pointers; native byte order, which the head states. All
 * that changes are 64-bit words, written with C11 atomics, and every state
 * between two writes is one that readers and the next writer can handle: so
 * there is no lock, and a process can be killed at any instruction.
 *
 * The head is complete before the file gets its name, and constant from then
 * on; each process copies it into private memory, and never relies on the one
 * in the block again. */
#ifndef PG_LAYOUT_H
#define PG_LAYOUT_H

#include <stddef.h>

#include "pg_cell.h"
#include "pg_hash.h"
#include "pg_ledger.h"

#define PG_MAGIC "PGLEDGER"      /* 8 octets, no NUL                      */
#define PG_BYTE_ORDER 0x01020304u
#define PG_VERSION 1u

/* --- kinds ---------------------------------------------------------------
 *
 * Class and family joined in one number, so that one word counts an attempt
 * in both and they can never disagree. A class has one family by itself;
 * malformed requests have four: kind 6 is malformed of family get, 7 + f
 * malformed of family f. Room for 8 classes and 5 families. */
#define PG_KINDS 12
#define PG_KIND_MALFORMED 7      /* + family, unless that is get          */

static_assert(PG_CLASS_COUNT <= 8 && PG_FAMILY_COUNT <= 5, "kinds");
static_assert(PG_FAMILY_GET == 0, "malformed, as a class, is of family get");

/** The kind of an attempt; PG_KINDS for values outside the lists. */
static inline unsigned pg_layout_kind(pg_class_e c, pg_family_e f)
{
    if ((unsigned)c >= PG_CLASS_COUNT || (unsigned)f >= PG_FAMILY_COUNT) {
        return PG_KINDS;
    }
    return c == PG_CLASS_MALFORMED && f != PG_FAMILY_GET
               ? PG_KIND_MALFORMED + (unsigned)f
               : (unsigned)c;
}

/** Class and family of a kind; false for a kind that nothing can have. */
static inline bool pg_layout_kind_split(unsigned kind, pg_class_e *c,
                                        pg_family_e *f)
{
    bool other = kind > PG_KIND_MALFORMED;

    *c = other ? PG_CLASS_MALFORMED : (pg_class_e)kind;
    *f = other ? (pg_family_e)(kind - PG_KIND_MALFORMED)
               : pg_vocab_family_of(*c);
    return (unsigned)*c < PG_CLASS_COUNT && (unsigned)*f < PG_FAMILY_COUNT;
}

/* --- the head ------------------------------------------------------------ */

/** Sizes that were chosen when the ledger was made. */
#define PG_TOP_ROOM 6
typedef struct pg_sizes_t {
    apr_uint32_t lanes;
    apr_uint32_t recent;             /* entries                           */
    apr_uint32_t sets[PG_TOP_ROOM];  /* of 8, each top list in each lane  */
} pg_sizes_t;

typedef struct pg_head_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t byte_order;
    apr_uint64_t size;               /* of the file, octets               */
    apr_int64_t since;               /* us since 1970                     */
    apr_uint64_t id;                 /* of this ledger and its copies; 0:
                                        of a block in private memory      */
    apr_uint64_t key_id;             /* tells keys apart, reveals none    */
    pg_key_t key;                    /* of the hashes: from the system, or
                                        from a secret that a fleet shares */
    pg_sizes_t sizes;
    apr_uint64_t check;              /* SipHash of all octets before it   */
} pg_head_t;

#define PG_HEAD_ROOM 4096

/* --- common part --------------------------------------------------------- */

#define PG_VHOSTS 64
#define PG_VHOST_WORDS 9

typedef struct pg_vhost_name_t {
    pg_word_t hash;                  /* 0: free; set once                 */
    pg_word_t length;
    pg_word_t text[PG_VHOST_WORDS];
} pg_vhost_name_t;

/* HyperLogLog registers, 8 of 6 bits in a word. */
#define PG_SKETCH_BITS 14            /* 0.8 %                             */
#define PG_SKETCH_WORDS ((1 << PG_SKETCH_BITS) / 8)

#define PG_DIGESTS 512

/* Recent attempts: a ring of them all, and then a reserve for each class,
 * which noise of another class cannot push out. */
#define PG_RECENT_WORDS 128          /* of an entry: 1 KiB                */
#define PG_CLASS_ROOM 8
#define PG_RECENT_RESERVE 16

#define PG_RANGES 128                /* of time; the first is that of the
                                        server that runs                  */
#define PG_PARTS 2048                /* ledgers that were merged in       */

/** No count is larger: a word that is was scribbled over. The sum of all words
 *  of 64 lanes still fits in 63 bits. */
#define PG_COUNT_MOST (((apr_uint64_t)1 << 42) - 1)

/* Slots of the rings: a few more than are shown, so that a writer that is late
 * never collides with one that is ahead. */
#define PG_SLOTS(sym) PG_SLOTS_##sym
#define PG_SLOTS_MINUTE 128
#define PG_SLOTS_HOUR   344
#define PG_SLOTS_DAY    808
#define PG_SLOTS_MONTH  248
#define PG_SLOTS_ALL \
    (PG_SLOTS_MINUTE + PG_SLOTS_HOUR + PG_SLOTS_DAY + PG_SLOTS_MONTH)

/* The sink's: pg_slots.h. A whole number of pages. */
#define PG_SINK_WORDS (13 * 512)
#define PG_SINK_ENDS 16
#define PG_SINK_KEEPS 16

/* A campaign: pg_campaigns.h. Texts are filled up with NULs. */
#define PG_SINK_CAMPAIGNS 64
#define PG_SINK_SOURCES 4
#define PG_SINK_SKETCH 32
#define PG_SINK_CHARSET 4
#define PG_SINK_SUBJECT 20
#define PG_SINK_LURE 8
typedef struct pg_sink_campaign_t {
    pg_word_t claim;                 /* see pg_cell.h: is being filled    */
    pg_word_t mails;                 /* 0: empty, or not filled yet       */
    pg_word_t first, last;           /* us since 1970                     */
    pg_word_t sources[PG_SINK_SOURCES];      /* bits: linear counting     */
    pg_word_t sketch[PG_SINK_SKETCH];        /* two of 32 bits in a word  */
    pg_word_t charset[PG_SINK_CHARSET];
    pg_word_t subject[PG_SINK_SUBJECT];
    pg_word_t lure[PG_SINK_LURE];
} pg_sink_campaign_t;
#define PG_SINK_CAMPAIGN_WORDS \
    (4 + PG_SINK_SOURCES + PG_SINK_SKETCH + PG_SINK_CHARSET \
     + PG_SINK_SUBJECT + PG_SINK_LURE)

typedef struct pg_sink_part_t {
    pg_word_t slot[64];              /* deadline and source; 0: free      */
    pg_word_t ended[PG_SINK_ENDS];
    pg_word_t kept[PG_SINK_KEEPS];
    pg_word_t last;                  /* mail, us since 1970               */
    pg_word_t spool;                 /* octets                            */
    pg_word_t most;                  /* octets that it may have           */
    pg_word_t torn;                  /* 1: its last entry has no end      */
    pg_word_t filling;               /* 1: at 80 %, and that was logged   */
    pg_word_t refuses;               /* 1: takes no mail, likewise        */
    pg_word_t slots;                 /* that may be taken                 */
    pg_word_t writer;                /* a claim: see pg_cell.h            */
    pg_sink_campaign_t campaign[PG_SINK_CAMPAIGNS];
    pg_word_t reserved[PG_SINK_WORDS - 64 - PG_SINK_ENDS - PG_SINK_KEEPS - 8
                       - PG_SINK_CAMPAIGNS * PG_SINK_CAMPAIGN_WORDS];
} pg_sink_part_t;

static_assert(sizeof(pg_sink_part_t) == PG_SINK_WORDS * sizeof(pg_word_t)
              && (int)PG_END_COUNT <= PG_SINK_ENDS
              && (int)PG_KEEP_COUNT <= PG_SINK_KEEPS, "the sink's part");

typedef struct pg_common_t {
    pg_vhost_name_t vhost[PG_VHOSTS];
    pg_word_t sketch[PG_SKETCH_WORDS];
    pg_word_t elsewhere;             /* sources of merged ledgers that have
                                        another key: an upper bound       */
    pg_word_t range[PG_RANGES][3];   /* from, to; us; by how many; 0: one */
    pg_word_t part[PG_PARTS][2];     /* id, attempts; 0: free             */
    pg_word_t missed[PG_TOP_ROOM];   /* what an entry that no merged ledger
                                        listed may have had in them       */
    pg_word_t digest[PG_DIGESTS][2];
    pg_word_t digest_next;
    pg_word_t reserve_after[PG_CLASS_ROOM]; /* us: next entry of a class  */
    pg_word_t recent_next;           /* how many there ever were          */
    pg_word_t line[7];               /* recent_next is busy: alone        */
    pg_sink_part_t sink;
    /* then recent[sizes.recent] and reserve[PG_CLASS_ROOM]
       [PG_RECENT_RESERVE], of PG_RECENT_WORDS each */
} pg_common_t;

/* --- lanes --------------------------------------------------------------- */

#define PG_OUTCOME_ROOM 8
#define PG_METHOD_ROOM 10
#define PG_PORTCLASS_ROOM 8
#define PG_INTENT_ROOM 32
#define PG_TOTALS \
    (PG_KINDS * PG_OUTCOME_ROOM * PG_METHOD_ROOM * PG_PORTCLASS_ROOM)

static_assert(PG_COUNT_MOST <= INT64_MAX / (64 * PG_TOTALS),
              "the sum of all lanes' counts fits in 63 bits");
static_assert(PG_OUTCOME_COUNT <= PG_OUTCOME_ROOM
              && PG_METHOD_COUNT <= PG_METHOD_ROOM
              && PG_PORTCLASS_COUNT <= PG_PORTCLASS_ROOM
              && PG_INTENT_COUNT <= PG_INTENT_ROOM
              && PG_CLASS_COUNT <= PG_CLASS_ROOM
              && (int)PG_TOP_COUNT <= PG_TOP_ROOM,
              "the lists have outgrown layout 1: make a layout 2");

typedef struct pg_lane_t {
    pg_word_t total[PG_KINDS][PG_OUTCOME_ROOM][PG_METHOD_ROOM]
                   [PG_PORTCLASS_ROOM];
    pg_word_t vhost[PG_VHOSTS + 1][PG_OUTCOME_ROOM]; /* last: all others  */
    pg_word_t history[PG_SLOTS_ALL][PG_KINDS];       /* cells             */
    pg_word_t intent[PG_INTENT_ROOM];
    pg_word_t permitted;
    pg_word_t first;                 /* oldest event, us; 0: none         */
    pg_word_t last;                  /* newest event, us                  */
    pg_word_t random;                /* state of a generator              */
    pg_word_t month;                 /* a day and the month it is in      */
    pg_word_t tended;                /* minute of the last upkeep         */
    /* then the top lists */
} pg_lane_t;

/** Where things are: in private memory, computed from checked sizes. */
struct pg_ledger_t {
    char *base;
    apr_size_t size;
    int fd;                          /* of the file; -1: none             */
    pg_head_t head;                  /* as it was checked                 */
    pg_sizes_t sizes;                /* of the head                       */
    pg_nh_key_t top_key[PG_TOP_COUNT];
    pg_nh_key_t vhost_key;
    pg_nh_key_t recent_key;
    pg_common_t *common;
    pg_word_t *recent;
    pg_ledger_t *standby;            /* of a server: counts the same, and
                                        alone when the file is lost; NULL:
                                        there is no file to lose          */
    pg_word_t *lost;                 /* shared: is the file lost?         */
    bool shared;                     /* by the processes of a server      */
    apr_size_t lane_at;              /* offset of lane 0                  */
    apr_size_t lane_size;
    apr_size_t top_at[PG_TOP_COUNT]; /* within a lane                     */
};

static inline pg_lane_t *pg_layout_lane(const pg_ledger_t *ledger,
                                        unsigned lane)
{
    return (pg_lane_t *)(void *)(ledger->base + ledger->lane_at
                                 + lane * ledger->lane_size);
}

/** Is the ledger gone from the file that was mapped? It was overwritten, or it
 *  shrank (pg_live.h). The standby counts then. */
static inline bool pg_layout_is_lost(const pg_ledger_t *ledger)
{
    const pg_word_t *check = (const pg_word_t *)(const void *)(
        ledger->base + offsetof(pg_head_t, check));

    if (ledger->standby == NULL || pg_word_get(ledger->lost)) {
        return ledger->standby != NULL;
    }
    if (pg_word_get(check) != ledger->head.check) {
        pg_word_set(ledger->lost, true);
        return true;
    }
    return false;
}

/** The block to count in. Writers to a server's ledger count in its standby as
 *  well, if that is another block. */
static inline pg_ledger_t *pg_layout_sound(pg_ledger_t *ledger)
{
    return pg_layout_is_lost(ledger) ? ledger->standby : ledger;
}

/** Are the sizes within bounds? @param why  which is not, and its bounds */
bool pg_layout_sizes_check(const pg_sizes_t *sizes, const char **why);

/** The default sizes of a ledger, with 1 lane. */
pg_sizes_t pg_layout_sizes(void);

/** Those that options ask for. */
pg_sizes_t pg_layout_sizes_of(const pg_ledger_options_t *options);

/** How many octets a ledger of these sizes has. */
apr_size_t pg_layout_size(const pg_sizes_t *sizes);

/** Words of text that an entry of each top list has. */
extern const apr_uint32_t pg_layout_text_words[PG_TOP_COUNT];

/** Fill all of a handle for a block of pg_layout_size() octets at base. */
void pg_layout_place(pg_ledger_t *out, void *base, const pg_head_t *head);

/** A head for a new ledger, sealed.
 *  @param key  NULL: drawn from the system */
apr_status_t pg_layout_head(pg_head_t *out, const pg_sizes_t *sizes,
                            const pg_key_t *key, apr_time_t now);

/** A head for a new ledger in a file, with an id of its own. */
apr_status_t pg_layout_head_of(pg_head_t *out,
                               const pg_ledger_options_t *options,
                               apr_time_t now);

/** Set key_id and check. */
void pg_layout_seal(pg_head_t *head);

/** What a file is, judged by its head. */
typedef enum pg_layout_e {
    PG_LAYOUT_SOUND,             /* a ledger of this layout               */
    PG_LAYOUT_OTHER,             /* a ledger of a newer layout or of another
                                    byte order                            */
    PG_LAYOUT_DAMAGED,           /* a ledger's magic, but not sound       */
    PG_LAYOUT_FOREIGN            /* something else                        */
} pg_layout_e;

/** Look at the first n octets, at most sizeof(pg_head_t), of a file of that
 *  size. @param out  the head, if it is sound
 *  @param why  what is wrong, one clause; NULL: nothing */
pg_layout_e pg_layout_check(pg_head_t *out, const void *octets, apr_size_t n,
                            apr_size_t size, const char **why,
                            apr_pool_t *pool);

#endif
