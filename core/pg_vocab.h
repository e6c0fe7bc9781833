/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The words of the product: classes, families, outcomes, postures. Each list
 * is here once; enums, names in the log, JSON keys and Prometheus labels
 * are derived from it.
 *
 * Append only: positions are stored in ledger files, names are interfaces. */
#ifndef PG_VOCAB_H
#define PG_VOCAB_H

#include "pg_span.h"

/*  X(enum suffix, name, family); a malformed request has the family of what
 *  it was meant as, which its verdict says. */
#define PG_CLASSES(X)                           \
    X(ABSOLUTE,       "absolute",       GET)      \
    X(CONNECT_TLS,    "connect-tls",    CONNECT)  \
    X(CONNECT_MAIL,   "connect-mail",   CONNECT)  \
    X(CONNECT_OTHER,  "connect-other",  CONNECT)  \
    X(SOCKS,          "socks",          SOCKS)    \
    X(FOREIGN_HOST,   "foreign-host",   HOST)     \
    X(MALFORMED,      "malformed",      GET)      \
    X(CHOSEN_BACKEND, "chosen-backend", REVERSE)

/*  How the client asked for the relay. */
#define PG_FAMILIES(X)       \
    X(GET,     "get")        \
    X(CONNECT, "connect")    \
    X(SOCKS,   "socks")      \
    X(HOST,    "host")       \
    X(REVERSE, "reverse")

/*  What happened to an attempt. */
#define PG_OUTCOMES(X)                                                      \
    X(DENIED,   "denied")   /* by the guard, with an answer              */ \
    X(REFUSED,  "refused")  /* by httpd first, or mod_proxy's access ctl */ \
    X(DROPPED,  "dropped")  /* by the guard, connection closed unanswered */ \
    X(OBSERVED, "observed") /* let through on purpose, but not relayed   */ \
    X(RELAYED,  "relayed")  /* relayed to the third party                */ \
    X(SUNK,     "sunk")     /* answered here as if relayed; what the     */ \
                            /* client sent was kept, and went nowhere    */

/*  What a virtual host is to third parties that want a relay. */
#define PG_POSTURES(X)                                                      \
    X(UNKNOWN,    "unknown")    /* not analysed, or it depends           */ \
    X(NO_PROXY,   "no-proxy")   /* no forward proxy                      */ \
    X(RESTRICTED, "restricted") /* a forward proxy for permitted clients */ \
    X(OPEN,       "open")       /* a forward proxy for all, by mistake   */ \
    X(ON_PURPOSE, "on-purpose") /* the same, declared by the administrator */

#define PG_ENUM_CLASS(sym, name, family) PG_CLASS_##sym,
typedef enum pg_class_e {
    PG_CLASSES(PG_ENUM_CLASS)
    PG_CLASS_COUNT,                   /* how many classes of attempt     */
    PG_CLASS_CLEAN = PG_CLASS_COUNT   /* no attempt; never recorded      */
} pg_class_e;
#undef PG_ENUM_CLASS

#define PG_ENUM_FAMILY(sym, name) PG_FAMILY_##sym,
typedef enum pg_family_e {
    PG_FAMILIES(PG_ENUM_FAMILY)
    PG_FAMILY_COUNT
} pg_family_e;
#undef PG_ENUM_FAMILY

#define PG_ENUM_OUTCOME(sym, name) PG_OUTCOME_##sym,
typedef enum pg_outcome_e {
    PG_OUTCOMES(PG_ENUM_OUTCOME)
    PG_OUTCOME_COUNT
} pg_outcome_e;
#undef PG_ENUM_OUTCOME

#define PG_ENUM_POSTURE(sym, name) PG_POSTURE_##sym,
typedef enum pg_posture_e {
    PG_POSTURES(PG_ENUM_POSTURE)
    PG_POSTURE_COUNT
} pg_posture_e;
#undef PG_ENUM_POSTURE

/** The names above, "?" for a value outside the list; never NULL. */
const char *pg_vocab_class(pg_class_e value);  /* "clean" past the last */
const char *pg_vocab_family(pg_family_e value);
const char *pg_vocab_outcome(pg_outcome_e value);
const char *pg_vocab_posture(pg_posture_e value);

/** The family a class belongs to by itself (for MALFORMED: get). */
pg_family_e pg_vocab_family_of(pg_class_e c);

/** The value of that name, any case; PG_CLASS_CLEAN, PG_FAMILY_COUNT or
 *  PG_OUTCOME_COUNT when there is none. */
pg_class_e pg_vocab_class_by_name(pg_span_t name);
pg_family_e pg_vocab_family_by_name(pg_span_t name);
pg_outcome_e pg_vocab_outcome_by_name(pg_span_t name);

#endif
