/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What every request pays for, and what it does not. */
#ifndef PG_HOT_H
#define PG_HOT_H

/* A function that a clean request never comes to is kept out of line: its
 * registers, buffers and stack guard would be paid for by every request. */
#define PG_OFF_THE_PATH __attribute__((noinline))

#endif
