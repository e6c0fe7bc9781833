/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

enum {
    IN_ROOM = 128 * 1024,
    MAGIC_MAX = 6,
    POLL_MS = 200,
    /* Real logs compress to a tenth, a flood of equal lines to a hundredth. */
    BOMB_RATIO = 250
};

/* The ratio is checked once more than this has been unpacked. */
#define BOMB_FREE ((apr_uint64_t)256 << 20)
/* The compressor chooses the window that zstd and xz need: 128 MiB covers
 * their highest ordinary levels. */
#define WINDOW_LIMIT ((apr_uint64_t)192 << 20)

typedef enum step_e { STEP_MORE, STEP_END, STEP_BAD } step_e;

/* One call of an unpacker: its input and room, then what it used and made. */
typedef struct step_t {
    const char *in;
    apr_size_t in_len;
    char *out;
    apr_size_t room;
    bool last;                   /* no input follows                      */
} step_t;

typedef struct codec_t {
    const char *magic;
    apr_size_t magic_len;
    bool (*open)(pg_input_t *input);
    step_e (*step)(pg_input_t *input, step_t *step);
    void (*close)(pg_input_t *input);
} codec_t;

typedef enum wide_e { WIDE_UNKNOWN, WIDE_NO, WIDE_LITTLE, WIDE_BIG } wide_e;

struct pg_input_t {
    int fd;
    bool regular;
    dev_t device;
    ino_t inode;
    const codec_t *codec;        /* NULL: plain                           */
    union {
        z_stream gz;
        lzma_stream xz;
        ZSTD_DStream *zstd;
    } state;
    char *in;                    /* IN_ROOM octets, not cleared           */
    apr_size_t in_at;
    apr_size_t in_len;
    bool in_end;                 /* the file has no more                  */
    bool done;                   /* nor has the packed stream             */
    apr_uint64_t consumed;
    apr_uint64_t produced;
    wide_e wide;                 /* UTF-16, by its byte order mark        */
    unsigned char odd[2];        /* of it: octets that the next ones
                                    complete                              */
    apr_size_t odds;
    unsigned int high;           /* a surrogate whose other half follows  */
    const atomic_bool *stop;
    const char *trouble;
    apr_pool_t *pool;
};

/* --- UTF-16 -------------------------------------------------------------- */

static wide_e wide_of(const char *s, apr_size_t n)
{
    const unsigned char *u = (const unsigned char *)s;

    if (n < 2 || (u[0] ^ u[1]) != (0xff ^ 0xfe) || u[0] < 0xfe) {
        return WIDE_NO;
    }
    return u[0] == 0xff ? WIDE_LITTLE : WIDE_BIG;
}

static char *put_utf8(char *out, unsigned int code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
    }
    else {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (code & 0x3f));
    return out;
}

/* One unit. A pair of surrogates makes four octets, when its second comes. */
static char *put_unit(pg_input_t *input, char *out, unsigned int unit)
{
    unsigned int code;

    if (unit >= 0xd800 && unit < 0xdc00) {
        input->high = unit;
        return out;
    }
    if (unit < 0xdc00 || unit >= 0xe000 || input->high == 0) {
        input->high = 0;
        return put_utf8(out, unit);
    }
    code = 0x10000 + ((input->high - 0xd800) << 10) + (unit - 0xdc00);
    input->high = 0;
    *out++ = (char)(0xf0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 0x3f));
    *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    *out++ = (char)(0x80 | (code & 0x3f));
    return out;
}

/* Convert n octets at `in` to UTF-8 at `out`, which may overlap if it comes
 * first: two octets become three at most. */
static apr_size_t narrow(pg_input_t *input, char *out, const char *in,
                         apr_size_t n)
{
    char *begin = out;

    for (apr_size_t i = 0; i < n; i++) {
        input->odd[input->odds++] = (unsigned char)in[i];
        if (input->odds == 2) {
            unsigned int low = input->odd[input->wide == WIDE_BIG];
            unsigned int high = input->odd[input->wide == WIDE_LITTLE];
            input->odds = 0;
            out = put_unit(input, out, high << 8 | low);
        }
    }
    return (apr_size_t)(out - begin);
}

/* --- gzip ---------------------------------------------------------------- */

static bool gz_open(pg_input_t *input)
{
    return inflateInit2(&input->state.gz, MAX_WBITS + 16) == Z_OK;
}

static step_e gz_step(pg_input_t *input, step_t *step)
{
    z_stream *z = &input->state.gz;
    int result;

    z->next_in = (z_const Bytef *)(apr_uintptr_t)step->in;
    z->avail_in = (uInt)step->in_len;
    z->next_out = (Bytef *)step->out;
    z->avail_out = (uInt)step->room;
    result = inflate(z, Z_NO_FLUSH);
    step->in_len -= z->avail_in;
    step->room -= z->avail_out;
    if (result == Z_STREAM_END) {
        /* RFC 1952 2.2: members follow one another ("cat a.gz b.gz"). */
        return inflateReset(z) == Z_OK ? STEP_END : STEP_BAD;
    }
    return result == Z_OK || result == Z_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

static void gz_close(pg_input_t *input)
{
    inflateEnd(&input->state.gz);
}

/* --- xz ------------------------------------------------------------------ */

static bool xz_open(pg_input_t *input)
{
    lzma_stream fresh = LZMA_STREAM_INIT;

    input->state.xz = fresh;
    return lzma_stream_decoder(&input->state.xz, WINDOW_LIMIT, 0) == LZMA_OK;
}

static step_e xz_step(pg_input_t *input, step_t *step)
{
    lzma_stream *x = &input->state.xz;
    lzma_ret result;

    x->next_in = (const uint8_t *)step->in;
    x->avail_in = step->in_len;
    x->next_out = (uint8_t *)step->out;
    x->avail_out = step->room;
    result = lzma_code(x, LZMA_RUN);
    step->in_len -= x->avail_in;
    step->room -= x->avail_out;
    if (result == LZMA_STREAM_END) {
        return lzma_stream_decoder(x, WINDOW_LIMIT, 0) == LZMA_OK ? STEP_END
                                                                : STEP_BAD;
    }
    return result == LZMA_OK || result == LZMA_BUF_ERROR ? STEP_MORE
                                                         : STEP_BAD;
}

static void xz_close(pg_input_t *input)
{
    lzma_end(&input->state.xz);
}

/* --- zstd ---------------------------------------------------------------- */

static bool zstd_open(pg_input_t *input)
{
    input->state.zstd = ZSTD_createDStream();
    return input->state.zstd != NULL
           && !ZSTD_isError(ZSTD_DCtx_setParameter(input->state.zstd,
                                                   ZSTD_d_windowLogMax, 27));
}

static step_e zstd_step(pg_input_t *input, step_t *step)
{
    ZSTD_inBuffer in = { step->in, step->in_len, 0 };
    ZSTD_outBuffer out = { step->out, step->room, 0 };
    size_t result = ZSTD_decompressStream(input->state.zstd, &out, &in);

    step->in_len = in.pos;
    step->room = out.pos;
    if (ZSTD_isError(result)) {
        return STEP_BAD;
    }
    return result == 0 ? STEP_END : STEP_MORE;
}

static void zstd_close(pg_input_t *input)
{
    ZSTD_freeDStream(input->state.zstd);
}

/* pzstd begins with a skippable frame, the seekable format ends with one
 * (RFC 8878 3.1.2). */
static const codec_t codecs[] = {
    { "\x1f\x8b",         2, gz_open,   gz_step,   gz_close },
    { "\xfd" "7zXZ",      6, xz_open,   xz_step,   xz_close },
    { "\x28\xb5\x2f\xfd", 4, zstd_open, zstd_step, zstd_close },
    { "\x50\x2a\x4d\x18", 4, zstd_open, zstd_step, zstd_close },
    { "\x5e\x2a\x4d\x18", 4, zstd_open, zstd_step, zstd_close },
};

typedef struct foreign_t {
    const char *magic;
    apr_size_t magic_len;
    const char *why;
} foreign_t;

/* No log begins like this. */
static const foreign_t foreign[] = {
    { "BZh",              3, "is packed by bzip2: pipe what bzcat makes of it "
                             "to 'scan -'" },
    { "\x1f\x9d",         2, "is packed by compress: pipe what zcat makes of "
                             "it to 'scan -'" },
    { "\x04\x22\x4d\x18", 4, "is packed by lz4: pipe what lz4cat makes of it "
                             "to 'scan -'" },
    { "PK\x03\x04",       4, "is a zip archive: pipe what 'unzip -p' makes of "
                             "it to 'scan -'" },
};

static const codec_t *codec_of(const char *octets, apr_size_t n)
{
    for (apr_size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (n >= codecs[i].magic_len
            && !memcmp(octets, codecs[i].magic, codecs[i].magic_len)) {
            return &codecs[i];
        }
    }
    return NULL;
}

static const char *foreign_packer(const char *octets, apr_size_t n)
{
    for (apr_size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (n >= foreign[i].magic_len
            && !memcmp(octets, foreign[i].magic, foreign[i].magic_len)) {
            return foreign[i].why;
        }
    }
    return NULL;
}

/* --- the file ------------------------------------------------------------ */

static const char *why(apr_pool_t *pool)
{
    return apr_pstrdup(pool, strerror(errno));
}

static bool is_stopped(const pg_input_t *input)
{
    return input->stop
           && atomic_load_explicit(input->stop, memory_order_relaxed);
}

/* A pipe or terminal may never deliver: watch the flag while waiting. */
static bool wait_readable(const pg_input_t *input)
{
    struct pollfd p = { .fd = input->fd, .events = POLLIN };

    while (!input->regular && poll(&p, 1, POLL_MS) == 0) {
        if (is_stopped(input)) {
            return false;
        }
    }
    return !is_stopped(input);
}

static apr_size_t read_raw(pg_input_t *input, char *buffer, apr_size_t room)
{
    ssize_t n = -1;

    do {
        if (!wait_readable(input)) {
            return 0;
        }
        n = read(input->fd, buffer, room);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0) {
        input->trouble = why(input->pool);
        return 0;
    }
    input->consumed += (apr_uint64_t)n;
    return (apr_size_t)n;
}

static apr_status_t close_input(void *data)
{
    pg_input_t *input = data;

    if (input->codec) {
        input->codec->close(input);
    }
    if (input->fd > STDIN_FILENO) {
        close(input->fd);
    }
    return APR_SUCCESS;
}

static const char is_directory[] = "is a directory; name the log files in it";

static const char *open_file(pg_input_t *input, const char *path)
{
    struct stat st;

    /* opening a FIFO must not block until it has a writer */
    input->fd = strcmp(path, "-")
                ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                : STDIN_FILENO;
    if (input->fd < 0 || fstat(input->fd, &st) < 0) {
        return why(input->pool);
    }
    if (S_ISDIR(st.st_mode)) {
        return is_directory;
    }
    input->regular = S_ISREG(st.st_mode);
    input->device = st.st_dev;
    input->inode = st.st_ino;
    return NULL;
}

/* The first octets show the compression; a pipe may deliver them one by one,
 * and those of a later stream may be at the end of the buffer. */
static void fill_magic(pg_input_t *input)
{
    input->in_len -= input->in_at;
    memmove(input->in, input->in + input->in_at, input->in_len);
    input->in_at = 0;
    while (input->in_len < MAGIC_MAX && !input->in_end) {
        apr_size_t n = read_raw(input, input->in + input->in_len,
                                IN_ROOM - input->in_len);
        input->in_len += n;
        input->in_end = n == 0;
    }
}

const char *pg_input_open(pg_input_t **out, const char *path,
                          apr_uint64_t from, const atomic_bool *stop,
                          apr_pool_t *pool)
{
    pg_input_t *input = apr_pcalloc(pool, sizeof(*input));
    const char *wrong;

    input->in = apr_palloc(pool, IN_ROOM);
    input->pool = pool;
    input->stop = stop;
    input->wide = from ? WIDE_NO : WIDE_UNKNOWN;
    wrong = open_file(input, path);
    apr_pool_cleanup_register(pool, input, close_input,
                              apr_pool_cleanup_null);
    if (wrong) {
        return wrong;
    }
    if (from && lseek(input->fd, (off_t)from, SEEK_SET) < 0) {
        return why(pool);
    }
    if (from == 0) {
        const codec_t *codec;
        fill_magic(input);
        wrong = foreign_packer(input->in, input->in_len);
        if (wrong) {
            return wrong;
        }
        codec = codec_of(input->in, input->in_len);
        if (codec && !codec->open(input)) {
            return "cannot be unpacked: out of memory";
        }
        input->codec = codec;
    }
    *out = input;
    return NULL;
}

const char *pg_input_stat(pg_input_info_t *out, const char *path,
                          apr_pool_t *pool)
{
    struct stat st;
    pg_input_t *input;
    apr_pool_t *own;
    const char *wrong;

    *out = (pg_input_info_t){ 0 };
    if (!strcmp(path, "-")) {
        return NULL;
    }
    if (stat(path, &st) < 0) {
        return why(pool);
    }
    if (!S_ISREG(st.st_mode)) {
        return S_ISDIR(st.st_mode) ? is_directory : NULL;
    }
    apr_pool_create(&own, pool);
    wrong = pg_input_open(&input, path, 0, NULL, own);
    if (wrong == NULL) {
        out->size = (apr_uint64_t)st.st_size;
        out->regular = true;
        out->device = st.st_dev;
        out->inode = st.st_ino;
        out->plain = input->codec == NULL
                     && wide_of(input->in, input->in_len) == WIDE_NO;
    }
    wrong = wrong ? apr_pstrdup(pool, wrong) : NULL;
    apr_pool_destroy(own);
    return wrong;
}

bool pg_input_is(const pg_input_t *input, const pg_input_info_t *info)
{
    return !info->regular || (input->device == info->device
                              && input->inode == info->inode);
}

bool pg_input_is_regular(const pg_input_t *input)
{
    return input->regular;
}

bool pg_input_same(const pg_input_info_t *a, const pg_input_info_t *b)
{
    return a->regular && b->regular && a->device == b->device
           && a->inode == b->inode;
}

/* --- unpacking ----------------------------------------------------------- */

static void refill(pg_input_t *input)
{
    if (input->in_at == input->in_len && !input->in_end) {
        input->in_at = 0;
        input->in_len = read_raw(input, input->in, IN_ROOM);
        input->in_end = input->in_len == 0;
    }
}

static void end_with(pg_input_t *input, const char *trouble)
{
    input->done = true;
    if (input->trouble == NULL && !is_stopped(input)) {
        input->trouble = trouble;
    }
}

/* A packed stream has ended. Another may follow, possibly after padding with
 * NULs. */
static void next_stream(pg_input_t *input)
{
    const codec_t *next;

    do {
        refill(input);
        while (input->in_at < input->in_len
               && input->in[input->in_at] == '\0') {
            input->in_at++;
        }
    } while (input->in_at == input->in_len && !input->in_end);
    fill_magic(input);
    next = codec_of(input->in, input->in_len);
    if (input->in_len == 0) {
        input->done = true;
    }
    else if (next == NULL || next->step != input->codec->step) {
        end_with(input, "has something after its packed data, which was not "
                 "read");
    }
}

static apr_size_t unpack(pg_input_t *input, char *buffer, apr_size_t room)
{
    while (!input->done) {
        step_t step = { .out = buffer, .room = room };
        step_e went;

        refill(input);
        step.in = input->in + input->in_at;
        step.in_len = input->in_len - input->in_at;
        step.last = input->in_end;
        went = input->codec->step(input, &step);
        input->in_at += step.in_len;
        input->produced += step.room;
        if (went == STEP_BAD) {
            end_with(input, "is damaged: unpacking stopped there");
        }
        else if (went == STEP_END) {
            next_stream(input);
        }
        else if (step.last && step.room == 0) {
            end_with(input, "is cut off: its packed data has no end");
        }
        if (input->produced > BOMB_FREE
            && input->produced / BOMB_RATIO > input->consumed) {
            end_with(input, "unpacks to over 250 times its size; "
                     "the rest was not read. Unpack it yourself if that is "
                     "right");
        }
        if (step.room) {
            return step.room;
        }
    }
    return 0;
}

static apr_size_t read_octets(pg_input_t *input, char *buffer,
                              apr_size_t room)
{
    apr_size_t n;

    if (input->codec) {
        return is_stopped(input) ? 0 : unpack(input, buffer, room);
    }
    if (input->in_at == input->in_len) {
        return input->in_end ? 0 : read_raw(input, buffer, room);
    }
    n = input->in_len - input->in_at;
    n = n < room ? n : room;
    memcpy(buffer, input->in + input->in_at, n);
    input->in_at += n;
    return n;
}

/* The first two octets, which may be a byte order mark. */
static apr_size_t read_mark(pg_input_t *input, char *buffer)
{
    apr_size_t n = 0, got = 1;

    while (n < 2 && got) {
        got = read_octets(input, buffer + n, 2 - n);
        n += got;
    }
    input->wide = wide_of(buffer, n);
    return input->wide == WIDE_NO ? n : 0;
}

apr_size_t pg_input_read(pg_input_t *input, char *buffer, apr_size_t room)
{
    apr_size_t n = 0, out;

    if (input->wide == WIDE_UNKNOWN) {
        n = read_mark(input, buffer);
        if (input->wide == WIDE_NO) {
            return n;
        }
    }
    if (input->wide == WIDE_NO) {
        return read_octets(input, buffer, room);
    }
    do {
        n = read_octets(input, buffer + room / 2, room / 2);
        out = narrow(input, buffer, buffer + room / 2, n);
    } while (n && out == 0);
    return out;
}

apr_uint64_t pg_input_consumed(const pg_input_t *input)
{
    return input->consumed;
}

const char *pg_input_trouble(const pg_input_t *input)
{
    return input->trouble;
}
