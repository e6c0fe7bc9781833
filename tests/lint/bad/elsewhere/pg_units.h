/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Another unit has this name. */
#ifndef PG_UNITS_H
#define PG_UNITS_H

#endif
