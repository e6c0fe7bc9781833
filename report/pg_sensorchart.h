/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Sensors side by side as an image: one chart per family, one series per
 * sensor; beyond eight sensors, as many as there are distinguishable colours,
 * there are several charts. */
#ifndef PG_SENSORCHART_H
#define PG_SENSORCHART_H

#include "pg_sensors.h"
#include "pg_sink.h"

/**
 * Write an SVG document; an HTML page can contain it unchanged.
 * @param only  a family, or -1 for all that were seen
 */
void pg_sensorchart_put(pg_sink_t *sink, const pg_sensors_t *sensors,
                        int only, pg_lang_e lang, apr_pool_t *pool);

#endif
