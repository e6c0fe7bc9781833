/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Sensors given to a command as NAME=FILE: ledgers, or JSON from a status page
 * or `proxyguard scan`. */
#ifndef PG_SENSORFILE_H
#define PG_SENSORFILE_H

#include "pg_cli.h"
#include "pg_report.h"
#include "pg_sensors.h"

/**
 * Read the arguments from optind on, and align them.
 * @param view      its range of time bounds the months; its mask calls the
 *                  sensors A, B, C
 * @param nameless  may a single one be FILE without a name?
 * @return 0, or an exit status after a message
 */
int pg_sensorfile_arguments(const pg_cli_t *cli, pg_sensors_t *out,
                            const pg_view_t *view, bool nameless);

#endif
