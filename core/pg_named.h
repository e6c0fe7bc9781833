/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The names of an enum, from the list that it is made of: X(suffix, name)
 * with or without more arguments. */
#ifndef PG_NAMED_H
#define PG_NAMED_H

#include "pg_span.h"

#define PG_NAMED_ROW(...) PG_NAMED_SECOND(__VA_ARGS__, )
#define PG_NAMED_SECOND(sym, name, ...) name,

/** Define a function that gives them, and "?" for any other number: values
 *  come out of ledgers, too. */
#define PG_NAMED_FUNCTION(function, type, list)                              \
    const char *function(type value)                                         \
    {                                                                        \
        static const char *const names[] = { list(PG_NAMED_ROW) };           \
                                                                             \
        return (apr_size_t)value < sizeof(names) / sizeof(names[0])          \
                   ? names[value] : "?";                                     \
    }

/** Define a function that finds the value of a name, the case of A to Z aside;
 *  `count`: there is none of that name. */
#define PG_NAMED_FINDER(function, type, name_of, count)                      \
    type function(pg_span_t name)                                            \
    {                                                                        \
        int value = 0;                                                       \
                                                                             \
        while (value < (int)(count)                                          \
               && !pg_span_ieq(name, pg_span_str(name_of((type)value)))) {   \
            value++;                                                         \
        }                                                                    \
        return (type)value;                                                  \
    }

#endif
