/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A function that does not say where it is from. */
#ifndef PG_UNITS_H
#define PG_UNITS_H

void pg_units_good(void);
void pg_unit_bad(void);

#endif
