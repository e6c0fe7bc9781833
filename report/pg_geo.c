/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_geo.h"

#include <stdlib.h>
#include <string.h>

enum { COUNTRIES = 26 * 26 + 1 };

static int most_first(const void *a, const void *b)
{
    const pg_country_t *one = a, *two = b;

    return one->sum != two->sum ? (one->sum < two->sum) - (one->sum > two->sum)
                                : strcmp(one->name, two->name);
}

static pg_country_t *country_of(pg_country_t *all, int *n, const char *name,
                                const pg_sensors_t *sensors, apr_pool_t *pool)
{
    int i = 0;

    while (i < *n && strcmp(all[i].name, name)) {
        i++;
    }
    if (i == *n) {
        memcpy(all[i].name, name, sizeof(all[i].name));
        all[i].count = apr_pcalloc(pool, sizeof(*all[i].count)
                                         * (apr_size_t)sensors->n);
        ++*n;
    }
    return &all[i];
}

const pg_country_t *pg_geo_countries(int *n, const pg_geo_t *geo,
                                     const pg_sensors_t *sensors,
                                     apr_pool_t *pool)
{
    pg_country_t *all = apr_pcalloc(pool, sizeof(*all) * COUNTRIES);

    *n = 0;
    for (int s = 0; geo && s < sensors->n; s++) {
        const pg_top_t *top = &sensors->sensor[s].s->top[PG_TOP_SOURCES];

        for (apr_size_t i = 0; i < top->n; i++) {
            pg_place_t place;
            pg_country_t *c;

            geo->find(&place, geo, top->entry[i].key.octets);
            c = country_of(all, n, place.country, sensors, pool);
            c->count[s] += top->entry[i].count;
            c->sum += top->entry[i].count;
        }
    }
    qsort(all, (size_t)*n, sizeof(*all), most_first);
    return *n ? all : NULL;
}
