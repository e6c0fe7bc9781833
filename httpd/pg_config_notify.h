/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The directives for what is reported about an attempt, and under which
 * name. */
#ifndef PG_CONFIG_NOTIFY_H
#define PG_CONFIG_NOTIFY_H

#include <httpd.h>
#include <http_config.h>

/** ProxyGuardLogRate Off | lines-per-source [lines-in-total] */
const char *pg_config_notify_rate(cmd_parms *cmd, void *dir,
                                  const char *source, const char *total);

/** ProxyGuardEvidenceLog path | "|program" | none */
const char *pg_config_notify_evidence(cmd_parms *cmd, void *dir,
                                      const char *arg);

/** ProxyGuardEvidenceRate Off | lines-per-source [lines-in-total] */
const char *pg_config_notify_evidence_rate(cmd_parms *cmd, void *dir,
                                           const char *source,
                                           const char *total);

/** ProxyGuardEvidenceSize Off | bytes, with K, M, G or T */
const char *pg_config_notify_evidence_size(cmd_parms *cmd, void *dir,
                                           const char *arg);

/** ProxyGuardMask Off | file with the key */
const char *pg_config_notify_mask(cmd_parms *cmd, void *dir, const char *arg);

/** ProxyGuardSensor name */
const char *pg_config_notify_sensor(cmd_parms *cmd, void *dir,
                                    const char *arg);

#endif
