/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The ledger of a server, its file and its standby. Here one process is the
 * parent and its children. */
#include "pg_test_fault.h"
#include "pg_test_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "pg_checkpoint.h"
#include "pg_layout.h"
#include "pg_live.h"

#define PAGE 4096
static pg_live_memory_t memory;
static pg_live_t live;
static pg_opening_t opening;
static pg_ledger_options_t options;
static apr_pool_t *generation;

static void set_up(void)
{
    make_folder();
    memory = (pg_live_memory_t){ .at = NULL };
    generation = NULL;
    options = (pg_ledger_options_t){ .path = in_folder("ledger"), .lanes = 1,
                                     .recent = 16 };
}

static void tear_down(void)
{
    remove_folder();
    if (memory.at) {
        munmap(memory.at, memory.size);
    }
}

/* A start of the server, or a restart. */
static apr_status_t start(apr_time_t now)
{
    if (generation) {
        apr_pool_destroy(generation);
    }
    apr_pool_create(&generation, pool);
    return pg_live_open(&live, &opening, &options, &memory, now, generation);
}

static void started(pg_opened_e how)
{
    ck_assert_int_eq(start(T0), 0);
    ck_assert_int_eq(opening.how, how);
}

static void count(pg_ledger_t *ledger, int n)
{
    while (n-- > 0) {
        pg_event_t e = { .time = T0,
                         .verdict = { .class_id = PG_CLASS_SOCKS,
                                      .family = PG_FAMILY_SOCKS } };
        pg_ledger_record(ledger, &e);
    }
}

static const pg_snapshot_t *shown(const pg_ledger_t *ledger)
{
    ck_assert_ptr_nonnull(ledger);
    return snapshot_at(ledger, T0);
}

static const pg_snapshot_t *in_file(void)
{
    pg_ledger_t *ledger = NULL;
    const char *why;

    ck_assert_int_eq(pg_ledger_open_readonly(&ledger, options.path, &why,
                                             pool), 0);
    return shown(ledger);
}

/* What is at the path; 0: nothing. */
static ino_t inode(void)
{
    struct stat st;

    return lstat(options.path, &st) == 0 ? st.st_ino : 0;
}

/* What the parent says about the file; "": nothing. */
static const char *watch(apr_time_t now)
{
    const char *why = "none";

    pg_live_watch(&live, now, &why, generation);
    return why ? why : "";
}

PG_TEST_SUITE(live, .set_up = set_up, .tear_down = tear_down);

PG_TEST(the_file_and_the_standby_count_the_same)
{
    started(PG_OPENED_NEW);
    ck_assert_str_eq(memory.path, options.path);
    ck_assert_uint_eq(memory.size, PAGE + live.ledger->size);
    ck_assert_ptr_eq(live.ledger->lost, memory.at);
    ck_assert(live.ledger->shared && live.ledger->standby->shared);
    count(live.ledger, 3);
    ck_assert_uint_eq(shown(live.ledger)->attempts, 3);
    ck_assert(!shown(live.ledger)->in_memory);
    ck_assert_uint_eq(shown(live.ledger->standby)->attempts, 3);
    ck_assert_str_eq(watch(T0 + 5 * SECOND), "");
    ck_assert_uint_eq(shown(live.copy)->attempts, 3);
    ck_assert_int_eq(live.fresh, -1);
    ck_assert_uint_eq(in_file()->covered_count, 1);
    ck_assert_int_eq(in_file()->covered[0].from, T0);
    ck_assert_int_eq(in_file()->covered[0].to, T0 + 5 * SECOND);
}

/* Seconds between a start and a restart, and how many times were watched. */
static const struct {
    int later;
    unsigned watched;
} restarts[] = {
    { 0, 1 }, { 60, 1 }, { 61, 2 }, { 3600, 2 }, { -1, 2 }
};

PG_TEST_EACH(a_restart_goes_on_and_notes_when_nobody_watched, restarts)
{
    const apr_time_t then = T0 + restarts[_i].later * SECOND;
    const pg_snapshot_t *s;
    apr_size_t n;

    started(PG_OPENED_NEW);
    count(live.ledger, 3);
    ck_assert_int_eq(start(then), 0);
    ck_assert_int_eq(opening.how, PG_OPENED_KEPT);
    ck_assert_uint_eq(shown(live.ledger)->attempts, 3);
    ck_assert_uint_eq(shown(live.ledger->standby)->attempts, 3);
    ck_assert_uint_eq(shown(live.ledger->standby)->covered_count,
                      restarts[_i].watched);
    s = in_file();
    n = s->covered_count;
    ck_assert_uint_eq(n, restarts[_i].watched);
    ck_assert_int_eq(s->covered[0].from, then < T0 ? then : T0);
    ck_assert_int_eq(s->covered[n - 1].to, then < T0 ? T0 : then);
    ck_assert_int_eq(pg_ledger_counting_since(live.ledger),
                     n == 1 ? T0 : then);
}

PG_TEST(the_standby_forgets_nothing_that_only_it_counted)
{
    started(PG_OPENED_NEW);
    count(live.ledger->standby, 2);
    ck_assert_str_eq(watch(T0), "");
    ck_assert_uint_eq(shown(live.copy)->attempts, 0);
    ck_assert_uint_eq(shown(live.ledger->standby)->attempts, 2);
}

/* Another process counts in the file alone. */
PG_TEST(the_standby_learns_what_others_counted)
{
    pg_ledger_t *other = NULL;
    pg_opening_t how;

    started(PG_OPENED_NEW);
    ck_assert_int_eq(pg_ledger_open(&other, &how, &options, T0, pool), 0);
    count(other, 2);
    ck_assert_uint_eq(shown(live.ledger->standby)->attempts, 0);
    ck_assert_str_eq(watch(T0), "");
    ck_assert_uint_eq(shown(live.copy)->attempts, 2);
    ck_assert_uint_eq(shown(live.ledger->standby)->attempts, 2);
}

static void write_at(off_t at, const char *text)
{
    ck_assert_int_gt(pwrite(live.ledger->fd, text, strlen(text), at), 0);
}

static void lose_size(void)
{
    ck_assert_int_eq(ftruncate(live.ledger->fd, 0), 0);
}

static void lose_end(void)
{
    ck_assert_int_eq(ftruncate(live.ledger->fd, PAGE), 0);
}

static void lose_head(void)
{
    write_at(offsetof(pg_head_t, id), "x");
}

/* Sound, but another's. */
static void lose_identity(void)
{
    pg_ledger_options_t other = options;
    pg_ledger_t *ledger = NULL;
    pg_opening_t how;

    other.path = in_folder("other");
    ck_assert_int_eq(pg_ledger_open(&ledger, &how, &other, T0, pool), 0);
    ck_assert_int_eq(pwrite(live.ledger->fd, ledger->base, PAGE, 0), PAGE);
}

static void lose_magic(void)
{
    write_at(0, "PGLEDGEX");
}

static void lose_name(void)
{
    ck_assert_int_eq(unlink(options.path), 0);
}

static void lose_place(void)
{
    write_file(in_folder("other"), "precious");
    ck_assert_int_eq(rename(in_folder("other"), options.path), 0);
}

static void lose_a_while(void)
{
    pg_word_set(live.ledger->lost, 1);
}

static void lose_descriptor(void)
{
    pg_live_child(&live);
}

static const struct {
    void (*lose)(void);
    const char *words;
    bool fresh;                  /* is a fresh one put in its place?      */
    unsigned left;               /* after a restart                       */
} losses[] = {
    { lose_size, "it has 0 bytes, not ", true, 5 },
    { lose_end, "it has 4096 bytes, not ", true, 5 },
    { lose_head, "it was overwritten", true, 5 },
    { lose_identity, "it was overwritten", true, 5 },
    { lose_magic, "it was overwritten", false, 5 },
    { lose_name, "it was removed", true, 5 },
    { lose_place, "it was replaced", false, 5 },
    { lose_a_while, "it was truncated for a while", true, 5 },
    { lose_descriptor, "it cannot be read", false, 3 }
};

PG_TEST_EACH(a_lost_file_loses_no_count, losses)
{
    const char *why;
    ino_t old;

    started(PG_OPENED_NEW);
    count(live.ledger, 3);
    losses[_i].lose();
    old = inode();
    why = watch(T0 + SECOND);
    ck_assert_msg(strncmp(why, losses[_i].words, strlen(losses[_i].words))
                  == 0, "%s", why);
    ck_assert_uint_eq(shown(live.copy)->attempts, 3);
    count(live.ledger, 2);
    ck_assert_uint_eq(shown(live.ledger)->attempts, 5);
    ck_assert_str_eq(watch(T0 + 2 * SECOND), "");
    ck_assert_uint_eq(shown(live.copy)->attempts, 5);
    ck_assert_int_eq(shown(live.copy)->covered[0].to, T0 + 2 * SECOND);
    ck_assert_int_eq(live.fresh >= 0, losses[_i].fresh);
    ck_assert_int_eq(inode() != old, losses[_i].fresh);
    start(T0 + 3 * SECOND);
    ck_assert_int_eq(opening.how, losses[_i].fresh || losses[_i].left == 3
                                      ? PG_OPENED_KEPT : PG_OPENED_FAILED);
    ck_assert_uint_eq(shown(live.ledger)->attempts, losses[_i].left);
    ck_assert_int_eq(live.fresh, -1);
}

static void lost(void)
{
    started(PG_OPENED_NEW);
    count(live.ledger, 1);
    lose_name();
    ck_assert_str_eq(watch(T0), "it was removed");
}

PG_TEST(a_fresh_one_is_written_when_something_was_counted)
{
    int fresh;
    ino_t old;

    lost();
    fresh = live.fresh;
    old = inode();
    ck_assert_uint_eq(in_file()->attempts, 1);
    (void)watch(T0);
    ck_assert(live.fresh == fresh && inode() == old);
    count(live.ledger, 1);
    (void)watch(T0);
    ck_assert_uint_ne(inode(), old);
    ck_assert_uint_eq(in_file()->attempts, 2);
    fresh = open(options.path, O_RDWR);  /* it has a shared lock          */
    ck_assert_int_eq(pg_file_lock(fresh, true), APR_EBUSY);
    ck_assert_int_eq(pg_file_lock(fresh, false), 0);
    close(fresh);
}

PG_TEST(a_fresh_one_that_is_removed_comes_again)
{
    lost();
    lose_name();
    (void)watch(T0);
    ck_assert_uint_eq(in_file()->attempts, 1);
}

PG_TEST(what_others_put_there_stays)
{
    ino_t other;

    lost();
    lose_place();
    other = inode();
    count(live.ledger, 1);
    (void)watch(T0);
    ck_assert_uint_eq(inode(), other);
    ck_assert_int_eq(live.fresh, -1);
    ck_assert_int_eq(unlink(options.path), 0);
    (void)watch(T0);
    ck_assert_uint_eq(in_file()->attempts, 2);
}

PG_TEST(without_room_for_another_it_is_overwritten)
{
    struct rlimit limit, old;
    ino_t fresh;

    lost();
    fresh = inode();
    count(live.ledger, 1);
    getrlimit(RLIMIT_NOFILE, &old);
    limit = old;
    limit.rlim_cur = 0;          /* no more files                         */
    setrlimit(RLIMIT_NOFILE, &limit);
    (void)watch(T0);
    setrlimit(RLIMIT_NOFILE, &old);
    ck_assert_uint_eq(inode(), fresh);
    ck_assert_uint_eq(in_file()->attempts, 2);
    (void)watch(T0);             /* it is up to date                      */
    ck_assert_uint_eq(inode(), fresh);
}

PG_TEST(a_removed_file_uses_no_space)
{
    struct stat st;
    int old;

    started(PG_OPENED_NEW);
    old = dup(live.ledger->fd);
    lose_name();
    (void)watch(T0);
    ck_assert_int_eq(fstat(old, &st), 0);
    ck_assert_int_eq(st.st_size, 0);
    close(old);
}

PG_TEST(counts_in_memory_move_to_a_file)
{
    options.path = in_folder("no/ledger");
    ck_assert_int_eq(start(T0), ENOENT);
    ck_assert_int_eq(opening.how, PG_OPENED_FAILED);
    ck_assert(live.ledger->shared && live.ledger->standby == NULL);
    ck_assert_int_eq(live.ledger->fd, -1);
    ck_assert(shown(live.ledger)->in_memory);
    count(live.ledger, 4);
    ck_assert_str_eq(watch(T0 + 9 * SECOND), "");
    ck_assert_uint_eq(shown(live.copy)->attempts, 4);
    ck_assert_int_eq(shown(live.copy)->covered[0].to, T0 + 9 * SECOND);
    ck_assert_int_eq(start(T0 + 3600 * SECOND), ENOENT);
    ck_assert_uint_eq(shown(live.ledger)->attempts, 4);
    ck_assert_uint_eq(shown(live.ledger)->covered_count, 2);
    ck_assert_int_eq(mkdir(in_folder("no"), 0700), 0);
    started(PG_OPENED_MIGRATED);
    ck_assert_uint_eq(in_file()->attempts, 4);
    ck_assert_uint_eq(shown(live.ledger->standby)->attempts, 4);
}

/* Of which the memory knows only the first part. */
PG_TEST(a_path_may_be_long)
{
    char name[251];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    options.path = apr_pstrcat(pool, in_folder(name), "/ledger", NULL);
    ck_assert_int_eq(start(T0), ENOENT);
    count(live.ledger, 4);
    ck_assert_int_eq(mkdir(in_folder(name), 0700), 0);
    started(PG_OPENED_MIGRATED);
    ck_assert_uint_eq(in_file()->attempts, 4);
}

/* Shared, and of no file. */
static int memories(void)
{
    char line[512];
    int n = 0;
    FILE *f = fopen("/proc/self/maps", "r");

    while (f && fgets(line, sizeof(line), f)) {
        n += strstr(line, "/dev/zero") != NULL;
    }
    if (f) {
        fclose(f);
    }
    return n;
}

PG_TEST_TIMES(a_restart_keeps_one_memory, 2)
{
    int before = memories();

    if (_i) {
        options.path = in_folder("no/ledger");
    }
    for (int i = 0; i < 3; i++) {
        (void)start(T0);
        ck_assert_int_le(memories(), before + 1);
        if (_i) {                /* damaged: another takes its place      */
            live.ledger->base[0] = 'X';
            live.ledger->base[8] ^= 1;
        }
    }
}

PG_TEST(counts_in_memory_are_of_one_path)
{
    options.path = in_folder("no/ledger");
    ck_assert_int_eq(start(T0), ENOENT);
    count(live.ledger, 4);
    options.path = in_folder("ledger");
    started(PG_OPENED_NEW);
    ck_assert_uint_eq(shown(live.ledger)->attempts, 0);
}

PG_TEST(memory_begins_with_the_checkpoint)
{
    pg_checkpoint_t saved = { .path = in_folder("saved") };
    pg_ledger_t *ledger = NULL;
    const char *why;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    count(ledger, 6);
    saved.ledger = ledger;
    ck_assert_int_eq(pg_checkpoint_save(&saved, T0, &why, pool), 0);
    options.path = in_folder("no/ledger");
    options.checkpoint = saved.path;
    ck_assert_int_eq(start(T0), ENOENT);
    ck_assert_uint_eq(shown(live.ledger)->attempts, 6);
}

PG_TEST(sizes_out_of_bounds_are_no_ledger)
{
    options.lanes = 65;
    ck_assert_int_eq(start(T0), APR_EINVAL);
    ck_assert_int_eq(opening.how, PG_OPENED_FAILED);
}

PG_TEST(a_stop_closes_what_was_opened)
{
    int fd;

    lost();
    fd = live.fresh;
    ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
    apr_pool_destroy(generation);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    apr_pool_create(&generation, pool);
}

PG_TEST(a_child_has_no_descriptor)
{
    int fd;

    lost();
    fd = live.fresh;
    pg_live_child(&live);
    ck_assert_int_eq(live.ledger->fd, -1);
    ck_assert_int_eq(live.fresh, -1);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}

static int close_stdin(void)
{
    int kept = dup(0);

    close(0);
    return kept;
}

static void open_stdin(int kept)
{
    ck_assert_int_eq(dup2(kept, 0), 0);
    close(kept);
}

PG_TEST(descriptor_0_may_be_the_ledgers)
{
    int kept = close_stdin();

    started(PG_OPENED_NEW);
    ck_assert_int_eq(live.ledger->fd, 0);
    started(PG_OPENED_KEPT);
    ck_assert_int_eq(live.ledger->fd, 0);
    pg_live_child(&live);
    ck_assert_int_eq(fcntl(0, F_GETFD), -1);
    open_stdin(kept);
}

PG_TEST(descriptor_0_may_be_a_fresh_ones)
{
    ino_t old;
    int kept;

    started(PG_OPENED_NEW);
    count(live.ledger, 1);
    lose_name();
    kept = close_stdin();
    (void)watch(T0);
    ck_assert_int_eq(live.fresh, 0);
    old = inode();
    (void)watch(T0);
    ck_assert_uint_eq(inode(), old);
    count(live.ledger, 1);
    (void)watch(T0);
    ck_assert_uint_ne(inode(), old);
    ck_assert_int_eq(fcntl(0, F_GETFD), -1);
    open_stdin(kept);
}

/* What a handler of SIGBUS does about an address. */
PG_TEST(memory_takes_the_place_of_what_was_cut_off)
{
    char *base, *end;

    started(PG_OPENED_NEW);
    base = live.ledger->base;
    end = base + live.ledger->size;
    lose_size();
    ck_assert(!pg_live_fault(live.ledger->standby, base));
    ck_assert(!pg_live_fault(live.ledger, base - 1));
    ck_assert(!pg_live_fault(live.ledger, end));
    ck_assert_uint_eq(pg_word_get(live.ledger->lost), 0);
    ck_assert(pg_live_fault(live.ledger, end - 1));
    ck_assert_uint_eq(pg_word_get(live.ledger->lost), 1);
    ck_assert(pg_live_fault(live.ledger, base));
    ck_assert(base[0] == 0 && base[PAGE - 1] == 0 && end[-1] == 0);
    count(live.ledger, 1);
    ck_assert_uint_eq(shown(live.ledger)->attempts, 1);
}

/* --- what the system refuses --------------------------------------------- */

static bool counts_in_the_file_alone(void)
{
    PG_HOLDS(start(T0) == 0 && opening.how == PG_OPENED_NEW);
    PG_HOLDS(live.ledger->standby == NULL && live.ledger->lost == NULL);
    PG_HOLDS(!live.ledger->shared);
    count(live.ledger, 2);
    PG_HOLDS(shown(live.ledger)->attempts == 2);
    return true;
}

static bool has_no_ledger(void)
{
    options.path = in_folder("no/ledger");
    PG_HOLDS(start(T0) == ENOENT);
    PG_HOLDS(live.ledger == NULL);
    return true;
}

static bool counts_in_memory_alone(void)
{
    PG_HOLDS(start(T0) == APR_EGENERAL);
    PG_HOLDS(opening.how == PG_OPENED_FAILED);
    PG_HOLDS(live.ledger->shared && live.ledger->standby == NULL);
    PG_HOLDS(live.ledger->fd == -1);
    count(live.ledger, 2);
    PG_HOLDS(shown(live.ledger)->attempts == 2);
    return true;
}

PG_TEST(without_memory_or_disk_it_counts_where_it_can)
{
    ck_assert(pg_fault_holds(FAULT_MAP_MEMORY, ENOMEM,
                             counts_in_the_file_alone));
    ck_assert(pg_fault_holds(FAULT_MAP_MEMORY, ENOMEM, has_no_ledger));
    ck_assert(pg_fault_holds(FAULT_PWRITE, ENOSPC, counts_in_memory_alone));
}

/* What was lost is not put back, and nothing stays behind. */
static bool puts_no_fresh_one(void)
{
    int before = open_files();

    PG_HOLDS(strcmp(watch(T0), "it was removed") == 0);
    PG_HOLDS(live.fresh == -1 && inode() == 0);
    PG_HOLDS(open_files() == before);
    PG_HOLDS(live.saved == 0);
    return true;
}

static const struct {
    pg_fault_e fault;
    unsigned error;
} refusals[] = {
    { FAULT_WRITE, ENOSPC }, { FAULT_LOCK, ENOLCK }, { FAULT_RENAME, EIO },
    { FAULT_CHMOD, EPERM }, { FAULT_RESERVE, ENOSPC }
};

PG_TEST_EACH(a_fresh_one_that_cannot_be_made_leaves_nothing, refusals)
{
    started(PG_OPENED_NEW);
    count(live.ledger, 1);
    lose_name();
    ck_assert(pg_fault_holds(refusals[_i].fault, refusals[_i].error,
                             puts_no_fresh_one));
    ck_assert_int_eq(rmdir(folder), 0);          /* it is empty           */
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    (void)watch(T0);
    ck_assert_uint_eq(in_file()->attempts, 1);
}
