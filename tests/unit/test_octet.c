/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_octet.h"

#include "pg_test.h"

PG_TEST_SUITE(octet);

PG_TEST(there_is_a_bit_for_each_of_64_that_are_the_octet)
{
    char text[64];
    unsigned int seed = 1;

    for (int c = 0; c < 256; c++) {
        for (int k = 0; k < 64; k++) {
            apr_uint64_t expected = 0;
            for (unsigned int i = 0; i < 64; i++) {
                seed = seed * 1103515245u + 12345u;
                text[i] = (char)(c + ((seed >> 16) % 3 ? (int)(seed >> 24)
                                                        : 0));
                expected |= (apr_uint64_t)(text[i] == (char)c) << i;
            }
            ck_assert_uint_eq(pg_octet_bits64(text, (char)c), expected);
            memset(text, c ^ 0x80, sizeof(text));
            text[k] = (char)c;
            ck_assert_uint_eq(pg_octet_bits64(text, (char)c),
                              (apr_uint64_t)1 << k);
            ck_assert_uint_eq(pg_octet_lowest((apr_uint64_t)1 << k
                                              | (apr_uint64_t)1 << 63),
                              (unsigned int)k);
        }
    }
}
