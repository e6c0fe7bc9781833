/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_fault.h"
#include "pg_test_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pg_checkpoint.h"
#include "pg_layout.h"

static pg_ledger_t *ledger;
static pg_checkpoint_t checkpoint;

static void count(int n)
{
    for (int i = 0; i < n; i++) {
        pg_event_t e = { .time = T0 + i * SECOND,
                         .verdict = { .class_id = PG_CLASS_SOCKS,
                                      .family = PG_FAMILY_SOCKS,
                                      .host = PG_SPAN("x.example"),
                                      .port = 25 },
                         .vhost = PG_SPAN("own.example:80"),
                         .source = { { [15] = (unsigned char)i } },
                         .source_known = true };
        pg_ledger_record(ledger, &e);
    }
}

static void set_up(void)
{
    make_folder();
    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    checkpoint = (pg_checkpoint_t){ .ledger = ledger,
                                    .path = in_folder("saved"),
                                    .interval = 10 * SECOND };
}

static const pg_snapshot_t *of(const pg_ledger_t *which)
{
    return snapshot_at(which, T0 + 100 * SECOND);
}

static void save(void)
{
    const char *why = "";

    ck_assert_msg(pg_checkpoint_save(&checkpoint, T0, &why, pool) == 0,
                  "%s", why);
    ck_assert_ptr_null(why);
}

/* Attempts in the checkpoint; -1: there is none. */
static int saved(const char **why)
{
    pg_ledger_t *from;

    if (pg_checkpoint_load(&from, checkpoint.path, why, pool) != 0) {
        return -1;
    }
    return (int)of(from)->attempts;
}

static void damage(const char *path, off_t at)
{
    int fd = open(path, O_RDWR);
    unsigned char octet;

    ck_assert_int_eq(pread(fd, &octet, 1, at), 1);
    octet ^= 1;
    ck_assert_int_eq(pwrite(fd, &octet, 1, at), 1);
    close(fd);
}

PG_TEST_SUITE(checkpoint, .set_up = set_up, .tear_down = remove_folder,
              .seconds = 60);

PG_TEST(a_checkpoint_gives_back_what_was_saved)
{
    pg_ledger_t *back;
    const char *why;
    struct stat st;

    count(50);
    pg_ledger_permit(ledger);
    save();
    ck_assert_int_eq(pg_checkpoint_load(&back, checkpoint.path, &why, pool),
                     0);
    ck_assert_ptr_null(why);
    same_snapshots(of(ledger), of(back));
    ck_assert_int_eq(stat(checkpoint.path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
}

PG_TEST(the_one_before_is_kept_and_used_when_the_last_is_torn)
{
    const char *why;
    struct stat st;

    count(10);
    save();
    count(10);
    save();
    ck_assert_int_eq(saved(&why), 20);
    ck_assert_int_eq(stat(checkpoint.path, &st), 0);
    damage(checkpoint.path, st.st_size / 2);
    ck_assert_int_eq(saved(&why), 10);
    ck_assert_ptr_nonnull(strstr(why, "checksum"));
    ck_assert_ptr_nonnull(strstr(why, ".bad-1"));
    /* The torn one must not become the previous one. */
    count(10);
    save();
    ck_assert_int_eq(saved(&why), 30);
    ck_assert_ptr_null(why);
    ck_assert_int_eq(truncate(checkpoint.path, 5000), 0);
    ck_assert_int_eq(saved(&why), 10);
    save();
    save();
    ck_assert_int_eq(unlink(checkpoint.path), 0);
    ck_assert_int_eq(saved(&why), 30);
}

/* An error of something else, before. */
PG_TEST(an_old_error_is_none_of_a_checkpoints)
{
    const char *why;

    for (int i = 1; i <= 3; i++) {
        count(1);
        errno = EIO;
        save();
        ck_assert_int_eq(saved(&why), i);
    }
    ck_assert_int_eq(unlink(checkpoint.path), 0);
    ck_assert_int_eq(saved(&why), 2);
}

/* As when it is killed while it writes. */
static void save_in_part(void)
{
    struct rlimit limit;
    const char *why;
    pid_t pid = fork();

    if (pid == 0) {
        getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = 4096;
        setrlimit(RLIMIT_FSIZE, &limit);
        getrlimit(RLIMIT_CORE, &limit);
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
        signal(SIGXFSZ, SIG_DFL);
        (void)pg_checkpoint_save(&checkpoint, T0, &why, pool);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

PG_TEST(processes_that_are_killed_leave_one_file_at_most)
{
    const char *why;

    count(2);
    save();
    for (int i = 0; i < 3; i++) {
        save_in_part();
    }
    ck_assert_int_eq(access(in_folder("saved.new"), F_OK), 0);
    ck_assert_int_eq(system(apr_psprintf(
        pool, "test `ls %s | wc -l` = 2", folder)), 0);
    ck_assert_int_eq(saved(&why), 2);
}

/* It may be lost when the machine stops now. */
PG_TEST(a_folder_that_cannot_be_flushed_is_an_error)
{
    const char *why = "";
    apr_status_t status;

    if (geteuid() == 0) {
        ck_assert_int_eq(chown(folder, 65534, 65534), 0);
        ck_assert_int_eq(seteuid(65534), 0);
    }
    ck_assert_int_eq(chmod(folder, 0300), 0);
    status = pg_checkpoint_save(&checkpoint, T0, &why, pool);
    if (getuid() == 0) {
        ck_assert_int_eq(seteuid(0), 0);
    }
    ck_assert_int_eq(chmod(folder, 0700), 0);
    ck_assert_int_eq(status, EACCES);
    ck_assert_str_eq(why, "it cannot be renamed: Permission denied");
}

PG_TEST(what_is_damaged_on_the_disk_does_not_replace_the_one_before)
{
    const char *why;

    count(10);
    save();
    count(10);
    save();
    damage(checkpoint.path, 100000);
    count(10);
    save();
    ck_assert_int_eq(saved(&why), 30);
    ck_assert_int_eq(unlink(checkpoint.path), 0);
    ck_assert_int_eq(saved(&why), 10);
}

PG_TEST(without_any_there_is_none_and_nothing_to_say)
{
    const char *why = "";

    ck_assert_int_eq(saved(&why), -1);
    ck_assert_ptr_null(why);
}

PG_TEST(every_damaged_octet_of_the_last_page_is_found)
{
    const char *why;
    struct stat st;
    const char *copy = in_folder("copy");

    count(3);
    save();
    ck_assert_int_eq(stat(checkpoint.path, &st), 0);
    for (off_t at = st.st_size - 64; at < st.st_size; at++) {
        pg_ledger_t *back;
        char command[200];
        snprintf(command, sizeof(command), "cp %s %s", checkpoint.path, copy);
        ck_assert_int_eq(system(command), 0);
        damage(copy, at);
        ck_assert_int_ne(pg_ledger_open_readonly(&back, copy, &why, pool), 0);
    }
}

PG_TEST(what_is_no_checkpoint_is_not_overwritten)
{
    const char *why, *other = apr_pstrcat(pool, checkpoint.path, ".x", NULL);
    FILE *f = fopen(checkpoint.path, "w");

    fputs("root:x:0:0", f);
    fclose(f);
    ck_assert_int_ne(pg_checkpoint_save(&checkpoint, T0, &why, pool), 0);
    ck_assert_ptr_nonnull(strstr(why, "not a checkpoint"));
    ck_assert_int_eq(rename(checkpoint.path, other), 0);
    ck_assert_int_eq(symlink(other, checkpoint.path), 0);
    ck_assert_int_ne(pg_checkpoint_save(&checkpoint, T0, &why, pool), 0);
    ck_assert_ptr_nonnull(strstr(why, "symbolic link"));
    ck_assert_int_eq(saved(&why), -1);
    ck_assert_int_eq(unlink(checkpoint.path), 0);
    ck_assert_int_eq(mkfifo(checkpoint.path, 0600), 0);
    ck_assert_int_ne(pg_checkpoint_save(&checkpoint, T0, &why, pool), 0);
    ck_assert_ptr_nonnull(strstr(why, "regular"));
    ck_assert_int_eq(saved(&why), -1);
}

PG_TEST(what_cannot_be_written_to_can_be_looked_at)
{
    const char *why;

    write_file(checkpoint.path, "root:x:0:0");
    ck_assert_int_eq(chmod(checkpoint.path, 0444), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(seteuid(65534), 0);
    }
    ck_assert_int_ne(pg_checkpoint_save(&checkpoint, T0, &why, pool), 0);
    if (getuid() == 0) {
        ck_assert_int_eq(seteuid(0), 0);
    }
    ck_assert_ptr_nonnull(strstr(why, "not a checkpoint"));
}

PG_TEST(what_cannot_be_written_to_can_be_loaded)
{
    const char *why = "";
    int n;

    count(4);
    save();
    ck_assert_int_eq(chmod(checkpoint.path, 0444), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(seteuid(65534), 0);
    }
    n = saved(&why);
    if (getuid() == 0) {
        ck_assert_int_eq(seteuid(0), 0);
    }
    ck_assert_int_eq(n, 4);
    ck_assert_ptr_null(why);
}

PG_TEST(three_damaged_ones_are_kept_at_most)
{
    const char *why;

    for (int i = 0; i < 5; i++) {
        count(1);
        save();
        damage(checkpoint.path, 100000);
        (void)saved(&why);
        ck_assert_ptr_nonnull(strstr(why, "; it is kept as "));
        ck_assert_int_ne(access(checkpoint.path, F_OK), 0);
    }
    ck_assert_int_eq(system(apr_psprintf(
        pool, "test `ls %s | grep -c bad-` = 3", folder)), 0);
}

PG_TEST(a_folder_where_the_one_before_should_be_is_an_error)
{
    const char *why;

    count(1);
    save();
    ck_assert_int_eq(mkdir(in_folder("saved.prev"), 0700), 0);
    count(1);
    ck_assert_int_ne(pg_checkpoint_save(&checkpoint, T0, &why, pool), 0);
    ck_assert_ptr_nonnull(strstr(why, "it cannot be renamed: "));
    ck_assert_int_eq(saved(&why), 1);
}

PG_TEST(a_full_disk_is_said_once_and_leaves_the_last_one_alone)
{
    struct rlimit limit, old;
    const char *why;

    count(5);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, T0, false, &why, pool),
                     PG_TICK_SAVED);
    /* A file cannot grow past a page: as when the disk is full. */
    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    limit = old;
    limit.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &limit);
    count(5);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, T0 + 10 * SECOND, false,
                                        &why, pool), PG_TICK_FAILED);
    ck_assert_ptr_nonnull(strstr(why, "cannot be written"));
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, T0 + 20 * SECOND, false,
                                        &why, pool), PG_TICK_STILL_FAILING);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_int_eq(saved(&why), 5);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, T0 + 30 * SECOND, false,
                                        &why, pool), PG_TICK_RECOVERED);
    ck_assert_int_eq(saved(&why), 10);
    ck_assert_int_eq(system(apr_psprintf(
        pool, "test `ls %s | wc -l` = 2", folder)), 0);
}

PG_TEST(a_folder_that_is_gone_is_an_error_in_words)
{
    const char *why;

    checkpoint.path = in_folder("no/such/folder");
    ck_assert_int_ne(pg_checkpoint_save(&checkpoint, T0, &why, pool), 0);
    ck_assert_ptr_nonnull(strstr(why, "next to it"));
}

static const struct {
    pg_fault_e fault;
    unsigned error;
    int status;
    const char *words;
} faulty[] = {
    { FAULT_WRITE, ENOSPC, ENOSPC,
      "it cannot be written: No space left on device" },
    { FAULT_FSYNC, EIO, EIO, "it cannot be written: Input/output error" },
    { FAULT_LINK, EPERM, EPERM,
      "it cannot be renamed: Operation not permitted" },
    { FAULT_RENAME, EROFS, EROFS,
      "it cannot be renamed: Read-only file system" },
    { FAULT_CHMOD, EPERM, EPERM,
      "no file can be created next to it: Operation not permitted" },
    { FAULT_FSTAT, EIO, EIO, "it cannot be opened: Input/output error" },
    { FAULT_PREAD, EIO, EEXIST, "the existing file is not a checkpoint" }
};
static int fault;

static bool is_said_once(void)
{
    const char *why = NULL;
    int before = open_files();

    PG_HOLDS(pg_checkpoint_save(&checkpoint, T0, &why, pool)
             == faulty[fault].status);
    PG_HOLDS(why != NULL && strcmp(why, faulty[fault].words) == 0);
    PG_HOLDS(pg_checkpoint_tick(&checkpoint, T0, true, &why, pool)
             == PG_TICK_FAILED);
    PG_HOLDS(strcmp(why, faulty[fault].words) == 0);
    PG_HOLDS(pg_checkpoint_tick(&checkpoint, T0 + 1, true, &why, pool)
             == PG_TICK_STILL_FAILING);
    PG_HOLDS(strcmp(why, faulty[fault].words) == 0);
    PG_HOLDS(open_files() == before);
    return true;
}

PG_TEST_EACH(a_fault_is_said_and_leaves_the_last_one_alone, faulty)
{
    const char *why;

    count(5);
    save();
    count(5);
    fault = _i;
    ck_assert(pg_fault_holds(faulty[_i].fault, faulty[_i].error,
                             is_said_once));
    ck_assert_int_eq(saved(&why), 5);
    ck_assert_int_eq(system(apr_psprintf(
        pool, "test -z \"`ls %s | grep -vx saved | grep -vx saved.prev`\"",
        folder)), 0);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, T0, false, &why, pool),
                     PG_TICK_SAVED);
    ck_assert_ptr_null(why);
}

PG_TEST(what_is_shorter_than_a_word_is_no_checkpoint)
{
    const char *why;

    write_file(checkpoint.path, "PGLEDGE");
    ck_assert_int_eq(pg_checkpoint_save(&checkpoint, T0, &why, pool), EEXIST);
    ck_assert_str_eq(why, "the existing file is not a checkpoint");
    write_file(checkpoint.path, "PGLEDGER");
    ck_assert_int_eq(pg_checkpoint_save(&checkpoint, T0, &why, pool), 0);
    ck_assert_int_eq(saved(&why), 0);
}

PG_TEST(it_is_saved_when_due_and_only_if_something_is_new)
{
    const char *why;
    apr_time_t now = T0;

    count(1);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, now, false, &why, pool),
                     PG_TICK_SAVED);
    count(1);
    why = "something";
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, now, false, &why, pool),
                     PG_TICK_IDLE);
    ck_assert_ptr_null(why);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, now + 9 * SECOND, false,
                                        &why, pool), PG_TICK_IDLE);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, now + 10 * SECOND, false,
                                        &why, pool), PG_TICK_SAVED);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, now + 99 * SECOND, true,
                                        &why, pool), PG_TICK_IDLE);
    count(1);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, now - 99 * SECOND, false,
                                        &why, pool), PG_TICK_SAVED);
    pg_ledger_permit(ledger);
    ck_assert_int_eq(pg_checkpoint_tick(&checkpoint, now - 98 * SECOND, true,
                                        &why, pool), PG_TICK_SAVED);
}

/* --- opening with a checkpoint ------------------------------------------- */

static pg_ledger_t *opened(const pg_ledger_options_t *options, pg_opened_e how,
                           pg_opening_t *opening)
{
    pg_ledger_t *out = NULL;

    ck_assert_int_eq(pg_ledger_open(&out, opening, options,
                                       T0 + 50 * SECOND, pool), 0);
    ck_assert_int_eq(opening->how, how);
    return out;
}

PG_TEST(a_missing_live_file_begins_from_the_checkpoint)
{
    pg_ledger_options_t options = { .path = in_folder("live"),
                                    .checkpoint = checkpoint.path };
    pg_opening_t opening;

    count(42);
    save();
    same_snapshots(of(ledger), of(opened(&options, PG_OPENED_RESTORED,
                                          &opening)));
    ck_assert_ptr_null(opening.aside);
    same_snapshots(of(ledger), of(opened(&options, PG_OPENED_KEPT, &opening)));
    damage(options.path, 20);
    same_snapshots(of(ledger), of(opened(&options, PG_OPENED_RESTORED,
                                          &opening)));
    ck_assert_ptr_nonnull(opening.aside);
    ck_assert_ptr_nonnull(strstr(opening.why, "damaged"));
}

PG_TEST(a_bad_checkpoint_is_said_and_counting_begins_anew)
{
    pg_ledger_options_t options = { .path = in_folder("live"),
                                    .checkpoint = checkpoint.path };
    pg_opening_t opening;

    count(1);
    save();
    damage(checkpoint.path, 100000);
    opened(&options, PG_OPENED_NEW, &opening);
    ck_assert_ptr_nonnull(strstr(opening.checkpoint_why, "checksum"));
    ck_assert_int_eq(unlink(options.path), 0);
    opened(&options, PG_OPENED_NEW, &opening);
    ck_assert_ptr_null(opening.checkpoint_why);
}

/* Opens, looks, and closes: nobody has the file then. */
static void is_like(const pg_ledger_options_t *options, pg_opened_e how,
                    pg_opening_t *opening)
{
    apr_pool_t *all = pool;

    apr_pool_create(&pool, all);
    same_snapshots(of(ledger), of(opened(options, how, opening)));
    opening->aside = opening->aside ? apr_pstrdup(all, opening->aside) : NULL;
    apr_pool_destroy(pool);
    pool = all;
}

PG_TEST(other_sizes_carry_everything_over)
{
    pg_ledger_options_t options = { .path = in_folder("live"),
                                    .checkpoint = checkpoint.path,
                                    .lanes = 2, .recent = 256,
                                    .top = { 512, 64, 64, 64 } };
    pg_opening_t opening;

    count(60);
    save();
    is_like(&options, PG_OPENED_RESTORED, &opening);
    options.lanes = 1;
    is_like(&options, PG_OPENED_KEPT, &opening);
    options.resize = true;
    is_like(&options, PG_OPENED_MIGRATED, &opening);
    ck_assert_ptr_nonnull(strstr(opening.aside, ".old-1"));
    ck_assert_ptr_null(opening.unchanged);
    is_like(&options, PG_OPENED_KEPT, &opening);
}

PG_TEST(a_ledger_that_others_count_in_keeps_its_sizes)
{
    pg_ledger_options_t options = { .path = in_folder("live"), .lanes = 2 };
    pg_opening_t opening;
    pg_ledger_t *first = opened(&options, PG_OPENED_NEW, &opening), *second;

    options.resize = true;
    options.recent = 512;
    second = opened(&options, PG_OPENED_KEPT, &opening);
    ck_assert_str_eq(opening.unchanged, "it had other sizes");
    ledger = second;
    count(5);
    ck_assert_uint_eq(of(first)->attempts, 5);
}

PG_TEST(three_old_files_are_kept_at_most)
{
    pg_ledger_options_t options = { .path = in_folder("live"),
                                    .resize = true };
    apr_pool_t *all = pool;
    pg_opening_t opening;

    for (unsigned i = 0; i < 6; i++) {
        apr_pool_create(&pool, all);
        options.recent = 64 + i * 16;
        opened(&options, i ? PG_OPENED_MIGRATED : PG_OPENED_NEW, &opening);
        apr_pool_destroy(pool);
        pool = all;
    }
    ck_assert_int_eq(access(in_folder("live.old-1"), F_OK), 0);
    ck_assert_int_eq(access(in_folder("live.old-3"), F_OK), 0);
    ck_assert_int_ne(access(in_folder("live.old-4"), F_OK), 0);
}

PG_TEST(a_checkpoint_is_not_taken_for_a_live_file)
{
    pg_ledger_options_t options = { .path = checkpoint.path };
    pg_opening_t opening;
    pg_ledger_t *live;
    const char *why;

    count(3);
    save();
    ck_assert_int_ne(pg_ledger_open(&live, &opening, &options, T0, pool),
                     0);
    ck_assert_ptr_nonnull(strstr(opening.why, "a checkpoint"));
    ck_assert_int_eq(saved(&why), 3);
}

PG_TEST(sizes_out_of_bounds_are_refused_in_words)
{
    pg_ledger_options_t options = { .path = in_folder("live"), .lanes = 65 };
    pg_opening_t opening;
    pg_ledger_t *live;
    apr_size_t size;
    const char *why;

    ck_assert_int_ne(pg_ledger_open(&live, &opening, &options, T0, pool),
                     0);
    ck_assert_ptr_nonnull(strstr(opening.why, "1 to 64"));
    ck_assert_int_ne(pg_ledger_size(&size, &why, &options), 0);
    options.lanes = 0;
    ck_assert_int_eq(pg_ledger_size(&size, &why, &options), 0);
    ck_assert_uint_le(size, 2 * 1024 * 1024);
}

PG_TEST(ledgers_of_two_servers_can_be_joined)
{
    pg_ledger_t *other = ledger, *sum;
    const pg_snapshot_t *s;

    count(30);
    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    count(20);
    ck_assert_int_eq(pg_ledger_heap(&sum, NULL, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_merge(sum, other, T0 + 60 * SECOND, pool), 0);
    ck_assert_int_eq(pg_ledger_merge(sum, ledger, T0 + 60 * SECOND, pool), 0);
    s = of(sum);
    ck_assert_uint_eq(s->attempts, 50);
    ck_assert_uint_eq(s->series[PG_PERIOD_DAY].bucket[799].attempts, 50);
    ck_assert_uint_eq(s->top[PG_TOP_TARGETS].entry[0].count, 50);
    ck_assert_uint_eq(s->top[PG_TOP_SOURCES].n, 30);
    ck_assert_uint_eq(s->recent_count, 50);
    ck_assert_uint_eq(s->vhosts[0].attempts, 50);
}
