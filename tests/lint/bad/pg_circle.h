/* Breaks, with pg_round.h: headers that include each other. */
#include "pg_round.h"
