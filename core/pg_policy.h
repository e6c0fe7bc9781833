/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What is done about an attempt: from its class, the administrator's settings
 * and the virtual host's posture to one action. Pure. */
#ifndef PG_POLICY_H
#define PG_POLICY_H

#include "pg_vocab.h"

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

/** One class' setting (ProxyGuardAction). */
typedef struct pg_action_t {
    pg_act_e act;
    int status;                  /* HTTP status for DENY, also while act is
                                    another                               */
} pg_action_t;

/** What a class gets when nothing is configured. */
pg_action_t pg_policy_default(pg_class_e class_id);

/**
 * Decide.
 * @param action   the class' action as configured or by default
 * @param posture  of the virtual host; RESTRICTED and ON_PURPOSE leave the
 *                 decision to mod_proxy and to the administrator
 */
pg_action_t pg_policy_decide(pg_class_e class_id, pg_engine_e engine,
                             pg_posture_e posture, pg_action_t action);

#endif
