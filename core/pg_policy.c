/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_policy.h"

#include "pg_named.h"

#define DENY(code)  { .act = PG_ACT_DENY, .status = (code) }
#define OBSERVE(code)  { .act = PG_ACT_PASS, .status = (code) }

static const pg_action_t pass = OBSERVE(0);

/* 421 says "not authoritative, and no proxy" (RFC 9110 15.5.20), 405 that
 * the method is not allowed here (RFC 9110 15.5.6). Any stale DNS record
 * sends us foreign Hosts, and a rule may mean to let the client choose the
 * port, so by default these two are only counted. */
static const pg_action_t defaults[PG_SUBJECT_COUNT] = {
    [PG_CLASS_ABSOLUTE]       = DENY(421),
    [PG_CLASS_CONNECT_TLS]    = DENY(405),
    [PG_CLASS_CONNECT_MAIL]   = DENY(405),
    [PG_CLASS_CONNECT_OTHER]  = DENY(405),
    [PG_CLASS_SOCKS]          = DENY(400),
    [PG_CLASS_FOREIGN_HOST]   = OBSERVE(421),
    [PG_CLASS_MALFORMED]      = DENY(400),
    [PG_CLASS_CHOSEN_BACKEND] = DENY(403),
    [PG_SUBJECT_CHOSEN_PORT]  = OBSERVE(403),
};

static const struct {
    const char *name;
    pg_reason_e reason;
} of_reason[] = {
#define ROW(sym, text, why) { text, why },
    PG_SUBJECTS(ROW)
#undef ROW
};

int pg_policy_subject(const pg_verdict_t *verdict)
{
    for (int s = PG_CLASS_COUNT; s < PG_SUBJECT_COUNT; s++) {
        if (of_reason[s - PG_CLASS_COUNT].reason == verdict->reason) {
            return s;
        }
    }
    return (int)verdict->class_id;
}

const char *pg_policy_name(int subject)
{
    return subject < PG_CLASS_COUNT ? pg_vocab_class((pg_class_e)subject)
           : subject < PG_SUBJECT_COUNT
               ? of_reason[subject - PG_CLASS_COUNT].name : "?";
}

PG_NAMED_FINDER(pg_policy_by_name, int, pg_policy_name, PG_SUBJECT_COUNT)

pg_action_t pg_policy_default(int subject)
{
    return subject >= 0 && subject < PG_SUBJECT_COUNT ? defaults[subject]
                                                      : pass;
}

bool pg_policy_is_for_proxy(pg_class_e class_id)
{
    return class_id == PG_CLASS_ABSOLUTE
           || pg_vocab_family_of(class_id) == PG_FAMILY_CONNECT;
}

pg_action_t pg_policy_decide(pg_class_e class_id, pg_engine_e engine,
                             pg_posture_e posture, pg_action_t action)
{
    if (class_id >= PG_CLASS_COUNT || engine != PG_ENGINE_ON
        || posture == PG_POSTURE_ON_PURPOSE
        || (posture == PG_POSTURE_RESTRICTED
            && pg_policy_is_for_proxy(class_id))) {
        return pass;
    }
    return action;
}
