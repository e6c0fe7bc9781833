/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reading files: what is packed, in whatever parts and however it is cut off,
 * and UTF-16, against a coder of its own. */
#include "pg_test_pool.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "pg_input.h"

enum { ROOM = 1 << 20 };

static char path[] = "/tmp/pg-test-XXXXXX";
static char *file, *text, *got;

static void begin(void)
{
    int fd;

    make_pool();
    strcpy(path, "/tmp/pg-test-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    file = malloc(ROOM);
    text = malloc(ROOM);
    got = malloc(ROOM);
}

static void end(void)
{
    free(file);
    free(text);
    free(got);
    unlink(path);
    destroy_pool();
}

PG_TEST_SUITE(input, .set_up = begin, .tear_down = end, .seconds = 60);

static unsigned next_random(apr_uint64_t *state, unsigned n)
{
    *state = *state * APR_UINT64_C(6364136223846793005)
             + APR_UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33) % n;
}

static void put_file(const char *octets, apr_size_t n)
{
    FILE *out = fopen(path, "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(octets, 1, n, out), n);
    fclose(out);
}

/* All of the file, read in portions, in `got`. */
static apr_size_t read_file(pg_input_t **input, apr_size_t portion)
{
    apr_size_t n = 0, more;

    ck_assert_ptr_null(pg_input_open(input, path, 0, NULL, pool));
    while ((more = pg_input_read(*input, got + n, portion)) > 0) {
        ck_assert_uint_le(more, portion);
        n += more;
        ck_assert_uint_le(n + portion, ROOM);
    }
    return n;
}

/* --- what a file is ------------------------------------------------------ */

static const struct {
    const char *octets;
    apr_size_t n;
    const char *why;             /* it cannot be opened; NULL: it can     */
    bool packed;
} magics[] = {
    { "BZh", 3, "is packed by bzip2", false },
    { "\x1f\x9d", 2, "is packed by compress", false },
    { "\x04\x22\x4d\x18", 4, "is packed by lz4", false },
    { "PK\x03\x04", 4, "is a zip archive", false },
    { "\x1f\x8b", 2, NULL, true }, { "\xfd" "7zXZ\0", 6, NULL, true },
    { "\x28\xb5\x2f\xfd", 4, NULL, true },
    { "\x50\x2a\x4d\x18", 4, NULL, true },
    { "\x5e\x2a\x4d\x18", 4, NULL, true },
    { "\xff\xfe", 2, NULL, true }, { "\xfe\xff", 2, NULL, true },
};

/* As it is, without its last octet, and with another one in each place. */
PG_TEST_EACH(a_file_is_packed_if_it_begins_so, magics)
{
    apr_size_t n = magics[_i].n;

    for (apr_size_t change = 0; change <= n + 1; change++) {
        bool whole = change == 0;
        pg_input_info_t info;
        const char *wrong;

        memcpy(file, magics[_i].octets, n);
        if (change && change <= n) {
            file[change - 1] ^= 4;
        }
        put_file(file, n - (change == n + 1));
        wrong = pg_input_stat(&info, path, pool);
        ck_assert_msg(whole && magics[_i].why
                      ? wrong && strstr(wrong, magics[_i].why) == wrong
                      : wrong == NULL, "%d: %s", (int)change, wrong);
        if (wrong == NULL) {
            ck_assert(info.regular);
            ck_assert_uint_eq(info.size, n - (change == n + 1));
            ck_assert_int_eq(info.plain, !(whole && magics[_i].packed));
        }
    }
}

PG_TEST(files_are_the_same_by_what_they_are_not_by_name)
{
    const char *link_path = apr_pstrcat(pool, path, ".link", NULL);
    const char *fifo = apr_pstrcat(pool, path, ".fifo", NULL);
    pg_input_info_t info[3];
    pg_input_t *input;

    put_file("a\n", 2);
    ck_assert_int_eq(symlink(path, link_path), 0);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_ptr_null(pg_input_stat(&info[0], path, pool));
    ck_assert_ptr_null(pg_input_stat(&info[1], link_path, pool));
    ck_assert_ptr_null(pg_input_stat(&info[2], fifo, pool));
    ck_assert(!info[2].regular && !info[2].plain);
    ck_assert(pg_input_same(&info[0], &info[1]));
    ck_assert(!pg_input_same(&info[0], &info[2]));
    ck_assert(!pg_input_same(&info[2], &info[2]));
    ck_assert_ptr_null(pg_input_open(&input, path, 0, NULL, pool));
    ck_assert(pg_input_is(input, &info[1]) && pg_input_is(input, &info[2]));
    ck_assert(pg_input_is_regular(input));
    info[1].inode++;
    ck_assert(!pg_input_is(input, &info[1]));
    ck_assert(!pg_input_same(&info[0], &info[1]));
    info[1].inode--;
    info[1].device++;
    ck_assert(!pg_input_is(input, &info[1]));
    ck_assert(!pg_input_same(&info[0], &info[1]));
    unlink(link_path);
    unlink(fifo);
    ck_assert_str_eq(pg_input_stat(&info[0], fifo, pool),
                     "No such file or directory");
    ck_assert_str_eq(pg_input_open(&input, fifo, 0, NULL, pool),
                     "No such file or directory");
    ck_assert_ptr_nonnull(strstr(pg_input_stat(&info[0], "/tmp", pool),
                                 "is a directory"));
    ck_assert_ptr_nonnull(strstr(pg_input_open(&input, "/tmp", 0, NULL, pool),
                                 "is a directory"));
    ck_assert_ptr_null(pg_input_stat(&info[0], "-", pool));
    ck_assert(!info[0].regular && info[0].size == 0);
}

/* --- packed -------------------------------------------------------------- */

typedef enum packer_e { GZIP, XZ, ZSTD, PACKERS } packer_e;

static apr_size_t pack(char *out, packer_e packer, const char *in,
                       apr_size_t n)
{
    size_t used = 0;

    if (packer == XZ) {
        ck_assert_int_eq(lzma_easy_buffer_encode(
            1, LZMA_CHECK_CRC32, NULL, (const uint8_t *)in, n, (uint8_t *)out,
            &used, ROOM / 4), LZMA_OK);
    }
    else if (packer == ZSTD) {
        used = ZSTD_compress(out, ROOM / 4, in, n, 1);
        ck_assert(!ZSTD_isError(used));
    }
    else {
        z_stream z = { .next_in = (z_const Bytef *)(apr_uintptr_t)in,
                       .avail_in = (uInt)n, .next_out = (Bytef *)out,
                       .avail_out = ROOM / 4 };
        ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, MAX_WBITS + 16, 8,
                                      Z_DEFAULT_STRATEGY), Z_OK);
        ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
        used = z.total_out;
        deflateEnd(&z);
    }
    return used;
}

/* Lines that can hardly be packed. */
static void make_text(apr_size_t n, apr_uint64_t *state)
{
    for (apr_size_t i = 0; i < n; i++) {
        text[i] = (char)(' ' + next_random(state, 95));
    }
}

static void expect_text(apr_size_t n, apr_size_t portion, apr_size_t size,
                        const char *trouble)
{
    pg_input_t *input;
    const char *said;

    put_file(file, size);
    ck_assert_uint_eq(read_file(&input, portion), n);
    ck_assert_mem_eq(got, text, n);
    said = pg_input_trouble(input);
    ck_assert_msg(trouble ? said && strstr(said, trouble) : said == NULL, "%s",
                  said ? said : "no trouble");
    ck_assert_uint_ge(pg_input_consumed(input), trouble ? 1 : size);
    ck_assert_uint_le(pg_input_consumed(input), size);
}

/* Three streams, with so many NULs between them. */
PG_TEST_TIMES(packed_streams_follow_each_other, 3 * PACKERS)
{
    static const apr_size_t nuls[] = { 0, 1, 200000 };
    packer_e packer = (packer_e)(_i % PACKERS);
    apr_uint64_t state = (apr_uint64_t)_i;
    apr_size_t size = 0, begun[] = { 0, 5, 140000, 150000 };

    make_text(begun[3], &state);
    for (int i = 0; i < 3; i++) {
        size += pack(file + size, packer, text + begun[i],
                     begun[i + 1] - begun[i]);
        memset(file + size, 0, nuls[_i / PACKERS]);
        size += nuls[_i / PACKERS];
    }
    expect_text(begun[3], 4096, size, NULL);
    expect_text(begun[3], 100000, size, NULL);
    file[size] = 'x';
    expect_text(begun[3], 4096, size + 1, "has something after");
    size += pack(file + size, (packer_e)((packer + 1) % PACKERS), text, 10);
    expect_text(begun[3], 4096, size, "has something after");
}

/* Wherever that is: all before it is read. */
PG_TEST_TIMES(packed_data_without_its_end_is_cut_off, PACKERS)
{
    apr_uint64_t state = 7;
    apr_size_t n = 3000, size;

    make_text(n, &state);
    size = pack(file, (packer_e)_i, text, n);
    for (apr_size_t cut = 6; cut < size; cut += 1 + cut / 20) {
        pg_input_t *input;
        apr_size_t read;

        put_file(file, cut);
        read = read_file(&input, 512);
        ck_assert_mem_eq(got, text, read);
        ck_assert_uint_ge(read + 2048, cut / 2);
        ck_assert_ptr_nonnull(strstr(pg_input_trouble(input), "is cut off"));
    }
    expect_text(n, 7, size, NULL);
}

PG_TEST_TIMES(packed_data_that_was_changed_is_damaged, PACKERS)
{
    apr_uint64_t state = 9;
    apr_size_t size;
    pg_input_t *input;

    make_text(3000, &state);
    size = pack(file, (packer_e)_i, text, 3000);
    memset(file + 8, 0xff, size - 8);
    put_file(file, size);
    read_file(&input, 4096);
    ck_assert_ptr_nonnull(pg_input_trouble(input));
    ck_assert_ptr_nonnull(strstr(pg_input_trouble(input), "is damaged"));
}

PG_TEST(frames_of_zstd_that_hold_nothing_are_skipped)
{
    static const char first[] = "\x50\x2a\x4d\x18\3\0\0\0xyz";
    static const char last[] = "\x5e\x2a\x4d\x18\1\0\0\0x";
    apr_uint64_t state = 3;
    apr_size_t size = sizeof(first) - 1;

    make_text(500, &state);
    memcpy(file, first, size);
    size += pack(file + size, ZSTD, text, 500);
    memcpy(file + size, last, sizeof(last) - 1);
    expect_text(500, 4096, size + sizeof(last) - 1, NULL);
}

PG_TEST(nothing_is_read_once_it_is_to_stop)
{
    atomic_bool stop = false;
    apr_size_t n;

    for (int packed = 0; packed < 2; packed++) {
        pg_input_t *input;

        memset(text, 'x', 1000);
        n = packed ? pack(file, GZIP, text, 1000) : 1000;
        put_file(packed ? file : text, n);
        atomic_store(&stop, false);
        ck_assert_ptr_null(pg_input_open(&input, path, 0, &stop, pool));
        ck_assert_uint_gt(pg_input_read(input, got, 100), 0);
        atomic_store(&stop, true);
        if (packed) {
            ck_assert_uint_eq(pg_input_read(input, got, 100), 0);
        }
        ck_assert_ptr_null(pg_input_trouble(input));
    }
}

/* --- UTF-16 -------------------------------------------------------------- */

static char *put_code(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    }
    else if (code < 0x800) {
        *out++ = (char)(0xc0 + code / 64);
        *out++ = (char)(0x80 + code % 64);
    }
    else if (code < 0x10000) {
        *out++ = (char)(0xe0 + code / 4096);
        *out++ = (char)(0x80 + code / 64 % 64);
        *out++ = (char)(0x80 + code % 64);
    }
    else {
        *out++ = (char)(0xf0 + code / 262144);
        *out++ = (char)(0x80 + code / 4096 % 64);
        *out++ = (char)(0x80 + code / 64 % 64);
        *out++ = (char)(0x80 + code % 64);
    }
    return out;
}

static char *put_wide(char *out, unsigned unit, bool big)
{
    *out++ = (char)(big ? unit >> 8 : unit & 0xff);
    *out++ = (char)(big ? unit & 0xff : unit >> 8);
    return out;
}

/* At the limits of each form, and any others; of surrogates, one that has no
 * second half is left out. */
PG_TEST_TIMES(utf_16_is_read_as_utf_8, 12)
{
    static const unsigned limits[] = {
        0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000,
        0x103ff, 0x10400, 0xffff0, 0x10ffff, '\n'
    };
    static const apr_size_t portions[] = { 16, 64, 4096 };
    apr_uint64_t state = (apr_uint64_t)_i;
    char *in = put_wide(file, 0xfeff, _i & 1), *out = text;
    pg_input_t *input;
    apr_size_t n;

    for (int i = 0; i < 20000; i++) {
        unsigned code = limits[next_random(&state, 14)];

        if (i % 2) {
            code = next_random(&state, 0x110000);
            code = code >= 0xd800 && code < 0xe000 ? 'x' : code;
        }
        if (i % 9 == 0) {
            in = put_wide(in, 0xd800 + next_random(&state, 0x400), _i & 1);
        }
        if (code < 0x10000) {
            in = put_wide(in, code, _i & 1);
        }
        else {
            in = put_wide(in, 0xd800 + (code - 0x10000) / 0x400, _i & 1);
            in = put_wide(in, 0xdc00 + code % 0x400, _i & 1);
        }
        out = put_code(out, code);
    }
    *in = 'x';                   /* half of one                           */
    put_file(file, (apr_size_t)(in - file) + (_i & 2 ? 1 : 0));
    n = read_file(&input, portions[_i % 3]);
    ck_assert_uint_eq(n, (apr_size_t)(out - text));
    ck_assert_mem_eq(got, text, n);
    ck_assert_ptr_null(pg_input_trouble(input));
}
