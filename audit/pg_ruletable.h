/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The rules of the audit: id, severity and texts of each. docs/audit.md
 * explains them to administrators. */
#ifndef PG_RULETABLE_H
#define PG_RULETABLE_H

#include "pg_finding.h"

typedef enum pg_rule_e {
    PG_RULE_OPEN_BARE,
    PG_RULE_OPEN_DOOR,
    PG_RULE_OPEN_GRANTED,
    PG_RULE_OPEN_SOME,
    PG_RULE_OPEN_MAIL,
    PG_RULE_PASS_CHOSEN,
    PG_RULE_REWRITE_CHOSEN,
    PG_RULE_NOT_ANALYSED,
    PG_RULE_REVERSE_UNSURE,
    PG_RULE_LOOKS_LOCATION,
    PG_RULE_LOOKS_FILES,
    PG_RULE_LOOKS_REWRITE,
    PG_RULE_MAIL_PORT,
    PG_RULE_MORE_PORTS,
    PG_RULE_WIDE_NET,
    PG_RULE_GUARD_OFF,
    PG_RULE_STATUS_OPEN,
    PG_RULE_NO_NAME,
    PG_RULE_ALIAS_ALL,
    PG_RULE_H2_PROXY,
    PG_RULE_ADD_HEADERS,
    PG_RULE_ON_PURPOSE,
    PG_RULE_VIA,
    PG_RULE_COMPAT,
    PG_RULE_CONNECT_UNUSED,
    PG_RULE_PORT_CHOSEN,
    PG_RULE_STOPPED,
    PG_RULE_STATED_ADDRESS,
    PG_RULE_BY_SENT,
    PG_RULE_HOST_DENY,
    PG_RULE_NOT_IN_TREE,
    PG_RULE_STATUS_PROXIED,
    PG_RULE_COUNT
} pg_rule_e;

/** One column per language, in the order of PG_LANGS. */
typedef const char *pg_ruletable_words_t[PG_LANG_COUNT];

typedef struct pg_ruletable_t {
    int id;
    pg_severity_e severity;
    pg_ruletable_words_t what;   /* %s: what the check adds               */
    pg_ruletable_words_t meaning;
    pg_ruletable_words_t fix;
} pg_ruletable_t;

extern const pg_ruletable_t pg_ruletable[PG_RULE_COUNT];

#endif
