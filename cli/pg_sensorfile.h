/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A sensor's months from JSON that a status page or `proxyguard scan` wrote. */
#ifndef PG_SENSORFILE_H
#define PG_SENSORFILE_H

#include <stdio.h>

#include "pg_sensors.h"

/** Read the "history" and "months" of a JSON report, to its end.
 *  @return NULL, or what is wrong, as words to follow the name */
const char *pg_sensorfile_read(pg_sensor_t *out, FILE *from,
                               apr_pool_t *pool);

#endif
