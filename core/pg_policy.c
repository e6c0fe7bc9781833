/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_policy.h"

#define DENY(code)  { .act = PG_ACT_DENY, .status = (code) }
#define PASS        { .act = PG_ACT_PASS, .status = 0 }

/* 421 says "not authoritative, and no proxy" (RFC 9110 15.5.20), 405 that
 * the method is not allowed here (RFC 9110 15.5.6). A foreign Host is seen
 * with every mistaken DNS entry, so it is only observed by default. */
static const pg_action_t defaults[PG_CLASS_COUNT + 1] = {
    [PG_CLASS_ABSOLUTE]      = DENY(421),
    [PG_CLASS_CONNECT_TLS]   = DENY(405),
    [PG_CLASS_CONNECT_MAIL]  = DENY(405),
    [PG_CLASS_CONNECT_OTHER] = DENY(405),
    [PG_CLASS_SOCKS]         = DENY(400),
    [PG_CLASS_FOREIGN_HOST]  = { .act = PG_ACT_PASS, .status = 421 },
    [PG_CLASS_MALFORMED]     = DENY(400),
    [PG_CLASS_CLEAN]         = PASS,
};

pg_action_t pg_policy_default(pg_class_e class_id)
{
    return defaults[class_id < PG_CLASS_COUNT ? class_id : PG_CLASS_CLEAN];
}

/* What mod_proxy can carry, and its access control therefore refuse. */
static bool is_for_proxy(pg_class_e class_id)
{
    return class_id == PG_CLASS_ABSOLUTE
           || pg_vocab_family_of(class_id) == PG_FAMILY_CONNECT;
}

pg_action_t pg_policy_decide(pg_class_e class_id, pg_engine_e engine,
                             pg_posture_e posture, pg_action_t action)
{
    if (class_id >= PG_CLASS_COUNT || engine != PG_ENGINE_ON
        || posture == PG_POSTURE_ON_PURPOSE
        || (posture == PG_POSTURE_RESTRICTED && is_for_proxy(class_id))) {
        return defaults[PG_CLASS_CLEAN];
    }
    return action;
}
