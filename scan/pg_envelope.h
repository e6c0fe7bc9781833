/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What log collectors put around a line: recognised and taken off. */
#ifndef PG_ENVELOPE_H
#define PG_ENVELOPE_H

#include "pg_logline.h"

/*  X(enum suffix, name) */
#define PG_ENVELOPES(X)                                                       \
    X(NONE,    "none")                                                        \
    X(JSON,    "json")           /* the line is a member of an object      */ \
    X(SYSLOG,  "syslog")         /* RFC 3164 or RFC 5424                   */ \
    X(JOURNAL, "journal")        /* an ISO time, a host, a program         */ \
    X(EXPORT,  "journal-export") /* "MESSAGE=" among other fields          */ \
    X(CRI,     "cri")            /* time, stdout or stderr, F or P         */ \
    X(TIME,    "time")           /* docker logs -t                         */ \
    X(COMPOSE, "compose")        /* "name | "                              */ \
    X(KUBECTL, "kubectl")        /* "[pod/name/container] "                */ \
    X(FILE,    "file")           /* "access.log:", as grep writes          */ \
    X(QUOTED,  "quoted")         /* the whole line between quotes          */ \
    X(COLOUR,  "colour")         /* sequences that colour a terminal       */

#define PG_ENUM_ENVELOPE(sym, name) PG_ENVELOPE_##sym,
typedef enum pg_envelope_e {
    PG_ENVELOPES(PG_ENUM_ENVELOPE)
    PG_ENVELOPE_COUNT
} pg_envelope_e;
#undef PG_ENUM_ENVELOPE

/** The name above. */
const char *pg_envelope_name(pg_envelope_e value);

/**
 * Take one envelope off, except JSON (pg_logjson.h).
 *
 * @param line  set to what is inside; untouched when there is none
 * @param time  set to the envelope's time, if it has one
 * @param room  for what a quoted line had escaped
 * @return PG_ENVELOPE_NONE: there is none
 */
pg_envelope_e pg_envelope_open(pg_span_t *line, pg_span_t *time,
                               pg_room_t *room);

/** Length of the ISO 8601 date and time that s begins with, including the
 *  zone; 0: none. */
apr_size_t pg_envelope_iso(pg_span_t s);

#endif
