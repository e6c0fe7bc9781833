/* Breaks, with pg_circle.h: headers that include each other. */
#include "pg_circle.h"
