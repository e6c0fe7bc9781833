/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What every request pays for, and what it does not. */
#ifndef PG_HOT_H
#define PG_HOT_H

/* A function that clean requests never reach is kept out of line: otherwise
 * every request would pay for its registers, buffers and stack guard. */
#define PG_OFF_THE_PATH __attribute__((noinline))

#endif
