/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sha256.h"

/* FIPS 180-4 4.2.2 */
static const apr_uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static apr_uint32_t rotr(apr_uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void schedule(apr_uint32_t w[64], const unsigned char *block)
{
    for (int i = 0; i < 16; i++) {
        w[i] = (apr_uint32_t)block[4 * i] << 24
               | (apr_uint32_t)block[4 * i + 1] << 16
               | (apr_uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        apr_uint32_t a = w[i - 15], b = w[i - 2];

        w[i] = w[i - 16] + (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3) + w[i - 7]
               + (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
    }
}

static void add_block(apr_uint32_t h[8], const unsigned char *block)
{
    apr_uint32_t w[64], v[8];

    schedule(w, block);
    memcpy(v, h, sizeof(v));
    for (int i = 0; i < 64; i++) {
        apr_uint32_t a = v[0], e = v[4];
        apr_uint32_t t1 = v[7] + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25))
                          + ((e & v[5]) ^ (~e & v[6])) + k[i] + w[i];
        apr_uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22))
                          + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) {
        h[i] += v[i];
    }
}

static void sha256(unsigned char out[PG_SHA256_SIZE], pg_span_t s)
{
    apr_uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    apr_size_t rest = s.len % 64, whole = s.len - rest;
    apr_size_t end = rest < 56 ? 64 : 128;
    apr_uint64_t bits = (apr_uint64_t)s.len * 8;
    unsigned char last[128] = { 0 };

    for (apr_size_t i = 0; i < whole; i += 64) {
        add_block(h, (const unsigned char *)s.ptr + i);
    }
    if (rest > 0) {
        memcpy(last, s.ptr + whole, rest);
    }
    last[rest] = 0x80;
    for (unsigned i = 0; i < 8; i++) {
        last[end - 1 - i] = (unsigned char)(bits >> 8 * i & 0xff);
    }
    for (apr_size_t i = 0; i < end; i += 64) {
        add_block(h, last + i);
    }
    for (unsigned i = 0; i < PG_SHA256_SIZE; i++) {
        out[i] = (unsigned char)(h[i / 4] >> (24 - i % 4 * 8) & 0xff);
    }
}

void pg_sha256_text(char *out, apr_size_t n, pg_span_t s)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[PG_SHA256_SIZE];

    sha256(hash, s);
    for (apr_size_t i = 0; i < n; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
    out[2 * n] = '\0';
}
