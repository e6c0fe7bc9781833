/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include "pg_address.h"
#include "pg_hash.h"

PG_TEST_SUITE(hash, .seconds = 60);

/* The test vectors of SipHash-2-4: key 00..0f, input 00..n-1; the first and
 * the one with n = 15 are in appendix A of the paper. */
PG_TEST(siphash_gives_the_values_of_its_paper)
{
    unsigned char octets[64];
    pg_key_t key;

    for (unsigned i = 0; i < sizeof(octets); i++) {
        octets[i] = (unsigned char)i;
    }
    key.k[0] = pg_hash_load8(octets);
    key.k[1] = pg_hash_load8(octets + 8);
    ck_assert_uint_eq(pg_hash_sip(&key, octets, 15, 2, 4),
                      0xa129ca6149be45e5u);
    ck_assert_uint_eq(pg_hash_sip(&key, octets, 0, 2, 4), 0x726fdb47dd0e0e31u);
}

/* Written out here as the definition has it, so that a load in the byte
 * order of the machine, whichever it is, differs on the other one. */
PG_TEST(octets_are_read_as_little_endian_numbers)
{
    char octets[8] = { 1, 2, 3, 4, 5, 6, 7, (char)0x88 };
    apr_uint64_t value = 0;

    for (apr_size_t n = 0; n <= 8; n++) {
        ck_assert_uint_eq(n < 8 ? pg_hash_load_short(octets, n)
                                : pg_hash_load8(octets), value);
        if (n < 8) {
            value |= (apr_uint64_t)(unsigned char)octets[n] << (8 * n);
        }
    }
    ck_assert_uint_eq(pg_hash_load4(octets), 0x04030201u);
}

/* All texts of five to seven octets that differ in one or two of them. */
PG_TEST(short_octets_that_differ_are_different_numbers)
{
    for (apr_size_t n = 1; n < 8; n++) {
        for (apr_size_t i = 0; i < n; i++) {
            for (apr_size_t j = 0; j < n; j++) {
                char a[8] = "abcdefg", b[8] = "abcdefg";
                a[i] = 'x';
                b[j] = 'x';
                ck_assert((pg_hash_load_short(a, n)
                           == pg_hash_load_short(b, n)) == (i == j));
            }
        }
    }
}

/* Values that another machine must get, too: a fleet unites by them. */
PG_TEST(hashes_are_the_same_on_every_machine)
{
    pg_key_t key = { .k = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u } };
    pg_nh_key_t nh;

    pg_hash_nh_derive(&nh, &key, "a use");
    ck_assert_uint_eq(pg_hash_nh(&nh, "abcde", 5), 0x57883d822b71e93bu);
    ck_assert_uint_eq(pg_hash_nh(&nh, "abcdefghij", 10), 0x9834650e38f6ff11u);
    ck_assert_uint_eq(pg_hash_nh(&nh, "abcdefghijklmnopqrst", 20),
                      0xd4653b943999c6acu);
}

static pg_nh_key_t nh_key(apr_uint64_t seed)
{
    pg_key_t key = { .k = { seed, ~seed } };
    pg_nh_key_t out;

    pg_hash_nh_derive(&out, &key, "a use");
    return out;
}

/* Each input is an exact-size copy: one octet too far would be seen. */
static apr_uint64_t nh(const pg_nh_key_t *key, pg_span_t text)
{
    pg_span_t exact = pg_test_exact(text);
    apr_uint64_t hash = pg_hash_nh(key, exact.ptr, exact.len);

    free((void *)(apr_uintptr_t)exact.ptr);
    return hash;
}

PG_TEST(every_octet_and_the_length_change_the_hash)
{
    pg_nh_key_t key = nh_key(1), other = nh_key(2);
    char text[PG_NH_MOST] = { 0 };

    for (apr_size_t n = 0; n <= PG_NH_MOST; n++) {
        apr_uint64_t hash = nh(&key, pg_span_make(text, n));
        ck_assert_uint_eq(hash, nh(&key, pg_span_make(text, n)));
        ck_assert_uint_ne(hash, nh(&other, pg_span_make(text, n)));
        if (n < PG_NH_MOST) {
            ck_assert_uint_ne(hash, nh(&key, pg_span_make(text, n + 1)));
        }
        for (apr_size_t i = 0; i < n; i++) {
            text[i] = 1;
            ck_assert_uint_ne(hash, nh(&key, pg_span_make(text, n)));
            text[i] = 0;
        }
    }
}

/* Keys that count upwards, as addresses do, must fill places evenly. */
PG_TEST_TIMES(neighbours_are_spread_evenly, 3)
{
    enum { PLACES = 256, EACH = 1000 };
    static const int shifts[] = { 0, 24, 44, 56 };
    pg_nh_key_t key = nh_key((apr_uint64_t)_i + 99);

    for (unsigned s = 0; s < 4; s++) {
        int count[PLACES] = { 0 };
        double chi = 0;
        for (apr_uint32_t i = 0; i < PLACES * EACH; i++) {
            pg_address_t a = pg_address_ipv4(&i);
            count[pg_hash_nh(&key, (const char *)a.octets, 16)
                  >> shifts[s] & 255]++;
        }
        for (int p = 0; p < PLACES; p++) {
            chi += (count[p] - EACH) * (count[p] - EACH) / (double)EACH;
        }
        /* 255 degrees of freedom: mean 255, deviation 22.6. */
        ck_assert_double_gt(chi, 255 - 6 * 22.6);
        ck_assert_double_lt(chi, 255 + 6 * 22.6);
    }
}
