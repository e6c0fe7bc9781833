/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Databases of countries and networks in MaxMind's format (.mmdb), from any
 * vendor, through libmaxminddb; only if the command was built with it.
 * @see https://maxmind.github.io/MaxMind-DB/ */
#ifndef PG_GEOFILE_H
#define PG_GEOFILE_H

#include "pg_cli.h"
#include "pg_geo.h"

/**
 * Open a database in addition to those opened before.
 * @param geo  NULL, or the result of an earlier call
 * @return 0, or an exit status after a message
 */
int pg_geofile_open(const pg_cli_t *cli, const pg_geo_t **geo,
                    const char *path);

#endif
