/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What is done about an attempt: from its class, the administrator's settings
 * and the virtual host's posture to one action. Pure. */
#ifndef PG_POLICY_H
#define PG_POLICY_H

#include "pg_classify.h"

typedef enum pg_engine_e {       /* ProxyGuard */
    PG_ENGINE_OFF,               /* look at nothing                       */
    PG_ENGINE_ON,
    PG_ENGINE_OBSERVE            /* count and log, stop nothing           */
} pg_engine_e;

typedef enum pg_act_e {
    PG_ACT_PASS,                 /* let httpd go on; count what comes of it */
    PG_ACT_DENY,                 /* answer with a status and close        */
    PG_ACT_DROP,                 /* close unanswered                      */
    PG_ACT_SINK                  /* accept the tunnel, keep what comes, and
                                    pass nothing on; DENY when there is no
                                    slot for another conversation         */
} pg_act_e;

/** What ProxyGuardAction can name: each class, by its own number, and then
 *  the reasons that have an action of their own.
 *  X(enum suffix, name, reason) */
#define PG_SUBJECTS(X) \
    X(CHOSEN_PORT, "chosen-port", PG_REASON_CHOSEN_PORT)

#define PG_ENUM_SUBJECT(sym, name, reason) PG_SUBJECT_##sym,
typedef enum pg_subject_e {
    PG_SUBJECT_LAST_CLASS = PG_CLASS_COUNT - 1,
    PG_SUBJECTS(PG_ENUM_SUBJECT)
    PG_SUBJECT_COUNT
} pg_subject_e;
#undef PG_ENUM_SUBJECT

/** The subject that a verdict falls under. */
int pg_policy_subject(const pg_verdict_t *verdict);

/** Its name; the subject of that name, or PG_SUBJECT_COUNT. */
const char *pg_policy_name(int subject);
int pg_policy_by_name(pg_span_t name);

/** One subject's setting (ProxyGuardAction). */
typedef struct pg_action_t {
    pg_act_e act;
    int status;                  /* HTTP status for DENY, also while act is
                                    another                               */
} pg_action_t;

/** What a subject gets when nothing is configured. */
pg_action_t pg_policy_default(int subject);

/** Could a forward proxy relay this class, or its access control refuse it? */
bool pg_policy_is_for_proxy(pg_class_e class_id);

/**
 * Decide.
 * @param action   the subject's action as configured or by default
 * @param posture  of the virtual host; RESTRICTED and ON_PURPOSE leave the
 *                 decision to mod_proxy and to the administrator
 */
pg_action_t pg_policy_decide(pg_class_e class_id, pg_engine_e engine,
                             pg_posture_e posture, pg_action_t action);

#endif
