/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Who chooses the destination of a reverse proxy: the host and port of
 * ProxyPass, ProxyPassMatch, RewriteRule [P], [H=proxy:...] and SetHandler
 * "proxy:...", judged from the text alone. PG_CHOICE_NOT is proved,
 * PG_CHOICE_HOST a suspicion that pg_reverse.c still has to test. */
#ifndef PG_DEST_H
#define PG_DEST_H

#include "pg_rewrite.h"

typedef enum pg_choice_e {
    PG_CHOICE_NOT,               /* the administrator                     */
    PG_CHOICE_PORT,              /* of a fixed host, the client the port  */
    PG_CHOICE_MAYBE,             /* undecided by the text                 */
    PG_CHOICE_HOST               /* the client, the host                  */
} pg_choice_e;

/** A directive that forwards requests. */
typedef struct pg_dest_t {
    const pg_directive_t *at;
    const char *target;          /* URL as configured                     */
    const char *pattern;         /* regular expression for the path; NULL:
                                    `prefix` is what it is for            */
    const char *prefix;
    bool bare_path;              /* the path comes without its first '/':
                                    in a <Directory>                      */
    bool sees_file;              /* the rule of a <Location> or the like  */
    bool whole;                  /* a handler: the path is appended to it */
    const char *special;         /* what begins an expansion: of "$%"     */
    const pg_rewriterule_t *rule; /* NULL: not a RewriteRule              */
    const apr_array_header_t *rules; /* the list it is in                 */
} pg_dest_t;

/** @param names  Host can be any name here; false: only one of the virtual
 *                host's own, with any port */
pg_choice_e pg_dest_chosen(const pg_dest_t *d, const pg_scene_t *scene,
                           bool names);

/** Can anybody have a name below this domain, such as "com" or "co.uk"? */
bool pg_dest_is_public(const char *domain);

#endif
