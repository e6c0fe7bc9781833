/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The directives for what is reported about an attempt, and under which
 * name. */
#ifndef PG_CONFIG_NOTIFY_H
#define PG_CONFIG_NOTIFY_H

#include "pg_config.h"

/** ProxyGuardLogRate Off | lines-per-source [lines-in-total] */
pg_config_set_fn pg_config_notify_rate;

/** ProxyGuardEvidenceLog path | "|program" | none */
pg_config_set_fn pg_config_notify_evidence;

/** ProxyGuardEvidenceRate Off | lines-per-source [lines-in-total] */
pg_config_set_fn pg_config_notify_evidence_rate;

/** ProxyGuardEvidenceSize Off | bytes, with K, M, G or T */
pg_config_set_fn pg_config_notify_evidence_size;

/** ProxyGuardMask Off | file with the key */
pg_config_set_fn pg_config_notify_mask;

/** ProxyGuardSensor name */
pg_config_set_fn pg_config_notify_sensor;

#endif
