/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What an attempt was for, judged by its destination: a small table of known
 * destinations, each with its source. Anything else is unknown. Pure. */
#ifndef PG_INTENT_H
#define PG_INTENT_H

#include "pg_classify.h"

/*  X(enum suffix, name); names are interfaces, and a closed set. */
#define PG_INTENTS(X)                                                         \
    X(UNKNOWN,  "unknown")                                                    \
    X(CHECK,    "proxy-check")      /* is this an open proxy?              */ \
    X(METADATA, "cloud-metadata")   /* credentials of a cloud's machine    */ \
    X(LOCAL,    "this-machine")                                               \
    X(PRIVATE,  "private-network")                                            \
    X(MAIL,     "mail")                                                       \
    X(IRC,      "irc")                                                        \
    X(RDP,      "remote-desktop")                                             \
    X(SSH,      "ssh")                                                        \
    X(MINING,   "crypto-mining")                                              \
    X(ADS,      "advertising")      /* clicks and views that are paid for  */ \
    X(DNS,      "dns-over-https")

#define PG_ENUM_INTENT(sym, name) PG_INTENT_##sym,
typedef enum pg_intent_e {
    PG_INTENTS(PG_ENUM_INTENT)
    PG_INTENT_COUNT
} pg_intent_e;
#undef PG_ENUM_INTENT

/** The name above; "?" outside the list. */
const char *pg_intent_name(pg_intent_e value);

/**
 * What a request for this destination is for.
 * @param host  of the destination; absent: not known
 * @param port  0: not known
 * @param path  of a URL, with its query; absent for CONNECT and the like
 */
pg_intent_e pg_intent_of(pg_span_t host, apr_uint16_t port, pg_span_t path);

/** The same of a row of a list, "host:port". */
pg_intent_e pg_intent_of_key(pg_span_t key);

/** The same of a verdict; PG_INTENT_UNKNOWN for a clean one. */
pg_intent_e pg_intent_of_verdict(const pg_verdict_t *verdict);

#endif
