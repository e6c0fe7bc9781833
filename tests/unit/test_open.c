/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Opening a ledger where something is in the way. */
#include "pg_test_fault.h"
#include "pg_test_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pg_checkpoint.h"
#include "pg_layout.h"

static const char *path;
static pg_ledger_options_t options;
static pg_ledger_t *ledger;
static pg_opening_t opening;

static void set_up(void)
{
    make_folder();
    path = in_folder("ledger");
    options = (pg_ledger_options_t){ .path = path, .lanes = 1, .recent = 16 };
    ledger = NULL;
}

static apr_status_t start(void)
{
    return pg_ledger_open(&ledger, &opening, &options, T0, pool);
}

static void started(pg_opened_e how)
{
    ck_assert_int_eq(start(), 0);
    ck_assert_int_eq(opening.how, how);
    ck_assert_uint_eq(opening.size, ledger->size);
}

/* With these words, and nothing but the status to tell why. */
static void failed(apr_status_t status, const char *words)
{
    ck_assert_int_eq(start(), status);
    ck_assert_ptr_null(ledger);
    ck_assert_int_eq(opening.how, PG_OPENED_FAILED);
    ck_assert_str_eq(opening.why, words);
}

static void count(pg_ledger_t *into, int n)
{
    while (n-- > 0) {
        pg_event_t e = { .time = T0, .vhost = PG_SPAN("own.example:80"),
                         .verdict = { .class_id = PG_CLASS_SOCKS,
                                      .family = PG_FAMILY_SOCKS,
                                      .host = PG_SPAN("x.example"),
                                      .port = 25 } };
        pg_ledger_record(into, &e);
    }
}

/* Opens in a pool of its own, and closes. */
static void once(pg_opened_e how, int n)
{
    apr_pool_t *all = pool;

    apr_pool_create(&pool, all);
    started(how);
    count(ledger, n);
    apr_pool_destroy(pool);
    pool = all;
    ledger = NULL;
}

static void is_named(const pg_ledger_t *which, apr_uint64_t n)
{
    const pg_snapshot_t *s = snapshot_at(which, T0);

    ck_assert_uint_eq(s->attempts, n);
    ck_assert_uint_eq(s->vhost_count, 1);
    ck_assert_str_eq(s->vhosts[0].name.octets.ptr, "own.example:80");
    ck_assert_uint_eq(s->top[PG_TOP_TARGETS].n, 1);
    ck_assert_str_eq(s->top[PG_TOP_TARGETS].entry[0].key.octets.ptr,
                     "x.example:25");
    ck_assert_uint_eq(s->recent_count, n);
}

PG_TEST_SUITE(open, .set_up = set_up, .tear_down = remove_folder);

/* --- keys ---------------------------------------------------------------- */

/* A fleet's servers may have different versions: by a second implementation
 * of SipHash-2-4. */
PG_TEST(a_secret_gives_the_same_key_in_every_version)
{
    pg_key_t key = pg_ledger_key(PG_SPAN("0123456789abcdef"));

    ck_assert_uint_eq(key.k[0], 0xae4b1b6ff1b8c8e5u);
    ck_assert_uint_eq(key.k[1], 0x511d14dbc0513faau);
}

static const char *const blank[][2] = { { "", "" }, { " \t", "\r\n" } };

PG_TEST_EACH(a_secret_has_16_to_1024_bytes_without_what_is_around_it, blank)
{
    static const int lengths[] = { 0, 15, 16, 17, 1023, 1024, 1025 };
    const char *before = blank[_i][0], *after = blank[_i][1];
    int around = (int)(strlen(before) + strlen(after));
    char secret[1100];

    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        int n = lengths[i];
        bool good = n >= 16 && n + around <= 1024;
        pg_key_t key = { { 1, 1 } }, want;
        const char *why;

        memset(secret, 'a', sizeof(secret));
        secret[0] = '0';
        secret[n] = '\0';
        write_file(path, apr_pstrcat(pool, before, secret, after, NULL));
        why = pg_ledger_key_read(&key, path, pool);
        want = good ? pg_ledger_key(pg_span_str(secret))
                    : (pg_key_t){ { 1, 1 } };
        ck_assert_int_eq(why == NULL, good);
        ck_assert(good || strstr(why, "16 to 1024 bytes"));
        ck_assert_uint_eq(key.k[0], want.k[0]);
        ck_assert_uint_eq(key.k[1], want.k[1]);
    }
}

PG_TEST(a_secret_that_cannot_be_read_is_none)
{
    pg_key_t key;

    ck_assert_str_eq(pg_ledger_key_read(&key, NULL, pool),
                     "it is not a path");
    ck_assert_str_eq(pg_ledger_key_read(&key, in_folder("no"), pool),
                     "it cannot be opened: No such file or directory");
    ck_assert_str_eq(pg_ledger_key_read(&key, folder, pool),
                     "it is not a regular file");
}

static bool has_no_secret(void)
{
    pg_key_t key;

    PG_HOLDS(pg_ledger_key_read(&key, path, pool) != NULL);
    return true;
}

PG_TEST(a_disk_that_does_not_give_a_secret_gives_no_key)
{
    write_file(path, "0123456789abcdef");
    ck_assert(pg_fault_holds(FAULT_PREAD, EIO, has_no_secret));
}

PG_TEST(a_ledger_in_memory_has_the_key_of_another)
{
    const pg_key_t key = { { 5, 6 } }, others[] = { { { 5, 7 } },
                                                    { { 4, 6 } } };
    pg_ledger_t *like;

    ck_assert_int_eq(pg_ledger_heap(&ledger, &key, T0, pool), 0);
    count(ledger, 1);
    ck_assert_int_eq(pg_ledger_heap_like(&like, ledger, T0 + 1, pool), 0);
    ck_assert(pg_ledger_has_key(like, &key));
    ck_assert(!pg_ledger_has_key(like, &others[0]));
    ck_assert(!pg_ledger_has_key(like, &others[1]));
    ck_assert_uint_eq(snapshot_at(like, T0 + 1)->attempts, 0);
    ck_assert_int_eq(snapshot_at(like, T0 + 1)->since, T0 + 1);
    ck_assert_uint_eq(pg_ledger_number(like), 0);
}

/* --- what a ledger is ---------------------------------------------------- */

/* The file's contents stay, and so does its number, which tells a fleet that
 * it is the same ledger. */
PG_TEST_TIMES(another_secret_is_taken_over_if_it_may_be, 2)
{
    const pg_key_t first = { { 1, 2 } }, second = { { 3, 4 } };
    apr_uint64_t number;

    options.key = &first;
    once(PG_OPENED_NEW, 5);
    started(PG_OPENED_KEPT);
    number = pg_ledger_number(ledger);
    ck_assert_ptr_null(opening.unchanged);
    ck_assert_uint_ne(number, 0);
    apr_pool_clear(pool);
    path = options.path = in_folder("ledger");
    options.key = &second;
    options.resize = _i != 0;
    started(_i ? PG_OPENED_MIGRATED : PG_OPENED_KEPT);
    ck_assert_str_eq(_i ? opening.why : opening.unchanged,
                     "it was made with another secret");
    ck_assert_ptr_null(_i ? opening.unchanged : opening.why);
    ck_assert_int_eq(opening.aside != NULL, _i);
    ck_assert(pg_ledger_has_key(ledger, _i ? &second : &first));
    ck_assert_uint_eq(pg_ledger_number(ledger), number);
    is_named(ledger, 5);
}

/* Not: a key that is nobody's wish. */
PG_TEST(a_key_of_its_own_is_as_good_as_any)
{
    once(PG_OPENED_NEW, 2);
    options.resize = true;
    started(PG_OPENED_KEPT);
    ck_assert_ptr_null(opening.unchanged);
    is_named(ledger, 2);
}

/* Of one that has none, in memory, or of one in a file. */
PG_TEST_TIMES(a_checkpoint_keeps_its_number_and_key_when_nothing_else_is_said,
              4)
{
    const pg_key_t key = { { 1, 2 } }, other = { { 3, 4 } };
    pg_checkpoint_t saved = { .path = in_folder("saved") };
    const char *why;
    apr_uint64_t number;

    options.key = &key;
    if (_i % 2) {
        started(PG_OPENED_NEW);
    }
    else {
        ck_assert_int_eq(pg_ledger_heap(&ledger, &key, T0, pool), 0);
    }
    saved.ledger = ledger;
    number = pg_ledger_number(ledger);
    count(ledger, 3);
    ck_assert_int_eq(pg_checkpoint_save(&saved, T0, &why, pool), 0);
    options.path = in_folder("restored");
    options.checkpoint = saved.path;
    options.key = _i / 2 ? &other : NULL;
    started(PG_OPENED_RESTORED);
    ck_assert_uint_ne(pg_ledger_number(ledger), 0);
    ck_assert(_i % 2 == 0 || pg_ledger_number(ledger) == number);
    ck_assert(pg_ledger_has_key(ledger, _i / 2 ? &other : &key));
    is_named(ledger, 3);
}

PG_TEST(what_is_closed_is_mapped_no_more)
{
    unsigned char there[1024];
    apr_pool_t *all = pool;
    void *base;
    apr_size_t n;

    apr_pool_create(&pool, all);
    started(PG_OPENED_NEW);
    base = ledger->base;
    n = ledger->size;
    ck_assert_int_eq(mincore(base, n, there), 0);
    apr_pool_destroy(pool);
    pool = all;
    ck_assert_int_eq(mincore(base, n, there), -1);
    ck_assert_int_eq(errno, ENOMEM);
}

/* --- what is refused ----------------------------------------------------- */

PG_TEST(every_refusal_says_why)
{
    pg_checkpoint_t saved = { .path = path };
    pg_ledger_t *from;
    const char *why;

    write_file(path, "not at all");
    failed(APR_EINVAL, "it is not a ledger");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    failed(APR_EACCES, "it is not a regular file");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(pg_ledger_heap(&from, NULL, T0, pool), 0);
    saved.ledger = from;
    ck_assert_int_eq(pg_checkpoint_save(&saved, T0, &why, pool), 0);
    failed(APR_EINVAL, "it is a checkpoint, not a live ledger");
    options.path = in_folder("no/such");
    failed(ENOENT, "No such file or directory");
    options.recent = 15;
    failed(APR_EINVAL, "recent attempts must be from 16 to 4096");
}

PG_TEST(descriptor_0_is_closed_like_any_other)
{
    int kept = dup(0), status;

    write_file(path, "not at all");
    close(0);
    status = start();
    ck_assert_int_eq(fcntl(0, F_GETFD), -1);
    ck_assert_int_eq(dup2(kept, 0), 0);
    close(kept);
    ck_assert_int_eq(status, APR_EINVAL);
}

PG_TEST(one_that_another_process_has_locked_is_left_alone)
{
    int fd;

    once(PG_OPENED_NEW, 1);
    fd = open(path, O_RDWR);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    failed(APR_EBUSY, "another process has it locked");
    close(fd);
    started(PG_OPENED_KEPT);
    is_named(ledger, 1);
}

/* As one that migrates it does; we are waiting for its lock. */
PG_TEST(one_that_is_replaced_meanwhile_is_not_counted_in)
{
    int ready[2];
    char octet;
    pid_t pid;

    once(PG_OPENED_NEW, 1);
    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        int fd = open(path, O_RDWR);
        (void)!flock(fd, LOCK_EX);
        (void)!write(ready[1], "x", 1);
        usleep(100000);
        (void)rename(path, in_folder("other"));
        _exit(0);
    }
    ck_assert_int_eq(read(ready[0], &octet, 1), 1);
    close(ready[0]);
    close(ready[1]);
    started(PG_OPENED_NEW);
    ck_assert_uint_eq(snapshot_at(ledger, T0)->attempts, 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(access(in_folder("other"), F_OK), 0);
}

/* With folders where the old file could go. */
static void fill_places(const char *word)
{
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(mkdir(apr_psprintf(pool, "%s.%s-%d", path, word, i),
                               0700), 0);
    }
}

PG_TEST(without_a_place_for_the_old_file_nothing_changes)
{
    struct stat before, after;

    once(PG_OPENED_NEW, 2);
    fill_places("old");
    fill_places("bad");
    ck_assert_int_eq(stat(path, &before), 0);
    options.resize = true;
    options.recent = 32;
    failed(EEXIST, "File exists");
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    ck_assert_int_eq(truncate(path, 100000), 0);
    ck_assert_int_eq(start(), EEXIST);
    ck_assert_int_eq(opening.how, PG_OPENED_FAILED);
    ck_assert_str_eq(opening.why, "it has a wrong size");
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}

PG_TEST(what_was_damaged_is_begun_anew_from_the_checkpoint)
{
    pg_checkpoint_t saved = { .path = in_folder("saved") };
    const char *why;

    started(PG_OPENED_NEW);
    saved.ledger = ledger;
    count(ledger, 4);
    ck_assert_int_eq(pg_checkpoint_save(&saved, T0, &why, pool), 0);
    ck_assert_int_eq(truncate(path, 100000), 0);
    options.checkpoint = saved.path;
    started(PG_OPENED_RESTORED);
    ck_assert_str_eq(opening.why, "it has a wrong size");
    ck_assert_str_eq(opening.aside, in_folder("ledger.bad-1"));
    is_named(ledger, 4);
}

PG_TEST(a_file_is_read_or_it_is_said_why_not)
{
    pg_ledger_t *copy = NULL;
    const char *why = "";

    once(PG_OPENED_NEW, 3);
    ck_assert_int_eq(pg_ledger_open_readonly(&copy, path, &why, pool), 0);
    ck_assert_ptr_null(why);
    is_named(copy, 3);
    copy = NULL;
    ck_assert_int_eq(pg_ledger_open_readonly(&copy, in_folder("no"), &why,
                                             pool), ENOENT);
    ck_assert_str_eq(why, "it cannot be opened: No such file or directory");
    write_file(path, "not at all");
    ck_assert_int_eq(pg_ledger_open_readonly(&copy, path, &why, pool),
                     APR_EINVAL);
    ck_assert_str_eq(why, "it is not a ledger");
    ck_assert_ptr_null(copy);
}

/* --- what the system refuses --------------------------------------------- */

/* The same errors, whether it is there or not, and nothing stays behind. */
static apr_status_t expected;
static int files;

static bool fails_to_open(void)
{
    int before = open_files();

    PG_HOLDS(start() == expected);
    PG_HOLDS(ledger == NULL);
    PG_HOLDS(opening.how == PG_OPENED_FAILED && opening.why);
    PG_HOLDS(open_files() == before);
    return true;
}

static int files_there(void)
{
    const char *count_them = apr_psprintf(pool, "exit `ls %s | wc -l`",
                                          folder);

    return WEXITSTATUS(system(count_them));
}

static const struct {
    pg_fault_e fault;
    apr_status_t error;
    bool there, other;           /* is it there, and of other sizes?      */
} denials[] = {
    { FAULT_WRITE, ENOSPC, false, false },
    { FAULT_CHMOD, EPERM, false, false },
    { FAULT_RESERVE, ENOSPC, false, false },
    { FAULT_LINK, EPERM, false, false },
    { FAULT_MAP_FILE, ENODEV, false, false },
    { FAULT_MAP_FILE, ENODEV, true, false },
    { FAULT_FSTAT, EIO, true, false },
    { FAULT_LINK, EPERM, true, true }
};

PG_TEST_EACH(what_the_system_refuses_is_passed_on, denials)
{
    if (denials[_i].there) {
        once(PG_OPENED_NEW, 1);
    }
    options.resize = denials[_i].other;
    options.recent += denials[_i].other ? 16 : 0;
    expected = denials[_i].error;
    files = files_there();
    ck_assert(pg_fault_holds(denials[_i].fault, (unsigned)expected,
                             fails_to_open));
    if (denials[_i].fault != FAULT_MAP_FILE) {
        ck_assert_int_eq(files_there(), files);
    }
}

static bool reads_none(void)
{
    pg_ledger_t *copy = NULL;
    const char *why = NULL;
    int before = open_files();

    PG_HOLDS(pg_ledger_open_readonly(&copy, path, &why, pool) != 0);
    PG_HOLDS(copy == NULL && why != NULL);
    PG_HOLDS(open_files() == before);
    return true;
}

PG_TEST(what_cannot_be_read_is_no_ledger)
{
    once(PG_OPENED_NEW, 1);
    ck_assert(pg_fault_holds(FAULT_PREAD, EIO, reads_none));
    ck_assert(pg_fault_holds(FAULT_FSTAT, EIO, reads_none));
}
