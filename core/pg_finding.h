/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the audit found, as plain data that reports can show. */
#ifndef PG_FINDING_H
#define PG_FINDING_H

#include "pg_lang.h"
#include "pg_vocab.h"

typedef enum pg_severity_e {
    PG_SEVERITY_NOTE,            /* worth knowing                         */
    PG_SEVERITY_WARNING,         /* weakens a protection, or hides it     */
    PG_SEVERITY_CRITICAL,        /* a third party can relay through it    */
    PG_SEVERITY_COUNT
} pg_severity_e;

/** "note", "warning", "critical"; "?" outside the list. */
const char *pg_finding_severity(pg_severity_e severity);

/** One finding. Strings are NUL-terminated and live as long as the pool of
 *  the audit. */
typedef struct pg_finding_t {
    int id;                      /* 2nn, shown as PG02nn                  */
    pg_severity_e severity;
    const char *file;            /* configuration file; NULL = none       */
    int line;                    /* 0 = none                              */
    const char *vhost;           /* "name:port"; NULL = the whole server  */
    const char *what[PG_LANG_COUNT]; /* a sentence: what was found        */
    const char *meaning[PG_LANG_COUNT]; /* a sentence: why it matters     */
    const char *fix[PG_LANG_COUNT]; /* lines that close it, "" if none    */
} pg_finding_t;

/** A virtual host, and what it is to third parties who want a relay. */
typedef struct pg_vhost_t {
    const char *name;            /* "name:port"                           */
    pg_posture_e posture;
    const char *why[PG_LANG_COUNT]; /* a clause; NULL: nothing is said    */
    bool bare;                   /* open, and the guard prevents nothing  */
    bool unwatched;              /* it may relay, and nothing is counted  */
} pg_vhost_t;

#endif
