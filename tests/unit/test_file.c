/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_fault.h"
#include "pg_test_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "pg_file.h"

static const pg_file_own_t own = { .set_group = false };

static void is_text(const char *path, const char *text)
{
    char have[64] = "";
    FILE *f = fopen(path, "r");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fread(have, 1, sizeof(have) - 1, f), strlen(text));
    fclose(f);
    ck_assert_str_eq(have, text);
}

/* Refused with these words; a file that is there keeps its contents. */
static void refused(const char *path, const char *words)
{
    pg_file_t file = { .fd = -1 };

    ck_assert_int_ne(pg_file_open_append(&file, path, &own, pool), 0);
    ck_assert_ptr_nonnull(file.why);
    ck_assert_int_eq(file.fd, -1);
    ck_assert_msg(strstr(file.why, words) != NULL, "%s", file.why);
}

PG_TEST_SUITE(file, .set_up = make_folder, .tear_down = remove_folder);

PG_TEST(a_missing_file_is_made_and_one_of_ours_goes_on)
{
    const char *path = in_folder("evidence");
    const pg_file_own_t groups = { .set_group = true, .group = getegid() };
    pg_file_t file = { .fd = -1, .why = "nothing was tried yet" };
    mode_t old = umask(077);
    struct stat st;

    ck_assert_int_eq(pg_file_open_append(&file, path, &groups, pool), 0);
    umask(old);
    ck_assert_int_eq(pg_file_write(file.fd, "one\n", 4), 0);
    ck_assert(fcntl(file.fd, F_GETFD) & FD_CLOEXEC);
    close(file.fd);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    ck_assert_int_eq(pg_file_open_append(&file, path, &own, pool), 0);
    ck_assert_uint_eq(file.size, 4);
    ck_assert_int_eq(pg_file_write(file.fd, "two", 3), 0);
    ck_assert_int_eq(pg_file_write(file.fd, "\n", 1), 0);
    close(file.fd);
    is_text(path, "one\ntwo\n");
}

static bool begins_with_one(pg_span_t head)
{
    return pg_span_istarts(head, PG_SPAN("one\n"));
}

PG_TEST(a_file_of_another_kind_is_refused)
{
    const pg_file_own_t ones = { .is_ours = begins_with_one,
                                 .unless = "it is something else" };
    pg_file_t file = { .fd = -1 };

    write_file(in_folder("ours"), "one\ntwo\n");
    ck_assert_int_eq(pg_file_open_append(&file, in_folder("ours"), &ones,
                                         pool), 0);
    close(file.fd);
    write_file(in_folder("theirs"), "precious");
    ck_assert_int_ne(pg_file_open_append(&file, in_folder("theirs"), &ones,
                                         pool), 0);
    ck_assert_str_eq(file.why, "it is something else");
    is_text(in_folder("theirs"), "precious");
}

PG_TEST(links_fifos_folders_and_second_names_are_refused)
{
    pg_file_t file = { .fd = -1 };

    write_file(in_folder("victim"), "precious");
    ck_assert_int_eq(symlink(in_folder("victim"), in_folder("link")), 0);
    ck_assert_int_eq(symlink(in_folder("none"), in_folder("dangling")), 0);
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    ck_assert_int_eq(mkdir(in_folder("dir"), 0700), 0);
    refused(in_folder("link"), "it is a symbolic link");
    refused(in_folder("dangling"), "it is a symbolic link");
    ck_assert_int_eq(symlink("loop", in_folder("loop")), 0);
    ck_assert_int_ne(pg_file_open(&file, in_folder("loop/x"), false, pool), 0);
    ck_assert_ptr_nonnull(strstr(file.why, "it cannot be opened: "));
    refused(in_folder("fifo"), "cannot be opened");
    refused(in_folder("dir"), "directory");
    ck_assert_int_ne(access(in_folder("none"), F_OK), 0);
    ck_assert_int_eq(link(in_folder("victim"), in_folder("second")), 0);
    refused(in_folder("second"), "more than one name");
    is_text(in_folder("victim"), "precious");
}

PG_TEST(a_name_that_is_taken_meanwhile_stays_who_has_it)
{
    pg_file_t temp;

    ck_assert_int_eq(pg_file_temp(&temp, in_folder("x"), 100, &own, pool), 0);
    close(temp.fd);
    write_file(in_folder("x"), "precious");
    ck_assert_int_eq(pg_file_publish(temp.name, in_folder("x")), EEXIST);
    is_text(in_folder("x"), "precious");
    ck_assert_int_ne(access(temp.name, F_OK), 0);
    ck_assert_int_eq(pg_file_temp(&temp, in_folder("y"), 10, &own, pool), 0);
    close(temp.fd);
    errno = EIO;                 /* of something else                     */
    ck_assert_int_eq(pg_file_publish(temp.name, in_folder("y")), 0);
    ck_assert_int_eq(access(in_folder("y"), F_OK), 0);
    ck_assert_int_ne(access(temp.name, F_OK), 0);
}

PG_TEST(a_new_file_has_its_room_and_no_hole)
{
    pg_file_t temp;
    struct stat st;

    ck_assert_int_eq(pg_file_temp(&temp, in_folder("x"), 100000, &own, pool),
                     0);
    ck_assert_int_eq(fstat(temp.fd, &st), 0);
    close(temp.fd);
    ck_assert_int_eq(unlink(temp.name), 0);
    ck_assert_int_eq(st.st_size, 100000);
    ck_assert_int_ge(st.st_blocks * 512, 100000);
}

PG_TEST(three_old_files_stay_and_the_oldest_makes_room_if_it_may)
{
    static const char *const names[] = { "x.old-1", "x.old-2", "x.old-3" };
    const char *path = in_folder("x"), *aside = NULL;

    ck_assert_int_eq(pg_file_aside(&aside, path, "old", true, pool), ENOENT);
    for (int i = 0; i < 3; i++) {
        write_file(path, names[i]);
        ck_assert_int_eq(pg_file_aside(&aside, path, "old", false, pool), 0);
        ck_assert_str_eq(aside, in_folder(names[i]));
        is_text(aside, names[i]);
        ck_assert_int_ne(access(path, F_OK), 0);
    }
    write_file(path, "fourth");
    ck_assert_int_eq(pg_file_aside(&aside, path, "old", false, pool), EEXIST);
    is_text(path, "fourth");
    ck_assert_int_eq(unlink(in_folder(names[0])), 0);
    ck_assert_int_eq(unlink(in_folder(names[2])), 0);
    ck_assert_int_eq(mkdir(in_folder(names[0]), 0700), 0);
    ck_assert_int_eq(symlink("x", in_folder(names[2])), 0);
    ck_assert_int_eq(pg_file_aside(&aside, path, "old", true, pool), 0);
    ck_assert_str_eq(aside, in_folder(names[1]));
    is_text(aside, "fourth");
}

PG_TEST(locks_are_shared_or_one_processes_own)
{
    int a, b;

    write_file(in_folder("x"), "");
    a = open(in_folder("x"), O_RDWR);
    b = open(in_folder("x"), O_RDWR);
    ck_assert_int_eq(pg_file_lock(a, false), 0);
    ck_assert_int_eq(pg_file_lock(b, false), 0);
    ck_assert_int_eq(pg_file_lock(a, true), APR_EBUSY);
    close(b);
    ck_assert_int_eq(pg_file_lock(a, true), 0);
    b = open(in_folder("x"), O_RDWR);
    ck_assert_int_eq(pg_file_lock(b, false), APR_EBUSY);
    close(a);
    ck_assert_int_eq(pg_file_lock(b, false), 0);
    close(b);
    ck_assert_int_eq(pg_file_lock(b, false), EBADF);
}

PG_TEST(a_path_names_a_file_as_long_as_that_is_there)
{
    int fd;

    write_file(in_folder("x"), "");
    write_file(in_folder("y"), "");
    fd = open(in_folder("x"), O_RDONLY);
    ck_assert(pg_file_is_at(fd, in_folder("x")));
    ck_assert(!pg_file_is_at(fd, in_folder("y")));
    ck_assert(!pg_file_is_at(fd, in_folder("z")));
    ck_assert_int_eq(symlink("x", in_folder("z")), 0);
    ck_assert(!pg_file_is_at(fd, in_folder("z")));
    close(fd);
    ck_assert(!pg_file_is_at(fd, in_folder("x")));
}

static int held;

static void give_up(int number)
{
    (void)number;
    close(held);
}

PG_TEST(a_shared_lock_is_waited_for_a_little)
{
    int fd;

    write_file(in_folder("x"), "");
    held = open(in_folder("x"), O_RDWR);
    fd = open(in_folder("x"), O_RDWR);
    ck_assert_int_eq(pg_file_lock(held, true), 0);
    signal(SIGALRM, give_up);
    ualarm(30000, 0);
    ck_assert_int_eq(pg_file_lock(fd, false), 0);
    signal(SIGALRM, SIG_DFL);
    close(fd);
}

PG_TEST(an_error_of_the_system_is_passed_on)
{
    const pg_file_own_t group = { .set_group = true, .group = getegid() };
    pg_file_t file = { .fd = -1 };

    ck_assert_int_eq(pg_file_write(-1, "x", 1), EBADF);
    ck_assert_int_eq(pg_file_secure(-1, &own), EBADF);
    ck_assert_int_eq(pg_file_secure(-1, &group), EBADF);
    ck_assert_int_eq(pg_file_open(&file, in_folder("no"), false, pool),
                     ENOENT);
    ck_assert_str_eq(file.why,
                     "it cannot be opened: No such file or directory");
}

static int drain;
static char got[300000];
static size_t got_n;

static void read_some(int number)
{
    ssize_t n = read(drain, got + got_n, sizeof(got) - got_n);

    (void)number;
    got_n += n > 0 ? (size_t)n : 0;
}

/* A pipe that is emptied only while a signal interrupts the writing. */
PG_TEST(an_interrupted_write_goes_on_where_it_stopped)
{
    struct itimerval soon = { { 0, 5000 }, { 0, 5000 } }, never = { 0 };
    char *octets = apr_palloc(pool, sizeof(got));
    int ends[2];

    for (size_t i = 0; i < sizeof(got); i++) {
        octets[i] = (char)(i % 251);
    }
    got_n = 0;
    ck_assert_int_eq(pipe(ends), 0);
    drain = ends[0];
    ck_assert_int_eq(fcntl(drain, F_SETFL, O_NONBLOCK), 0);
    signal(SIGALRM, read_some);
    setitimer(ITIMER_REAL, &soon, NULL);
    ck_assert_int_eq(pg_file_write(ends[1], octets, sizeof(got)), 0);
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
    close(ends[1]);
    for (size_t before = sizeof(got) + 1; before != got_n;) {
        before = got_n;
        read_some(0);
    }
    close(ends[0]);
    ck_assert_uint_eq(got_n, sizeof(got));
    ck_assert_int_eq(memcmp(got, octets, got_n), 0);
}

/* What is read only may be a link, and is anybody's. */
PG_TEST(any_regular_file_can_be_read)
{
    pg_file_t file = { .fd = -1 };

    ck_assert_int_eq(pg_file_open_any(&file, in_folder("x"), pool), ENOENT);
    ck_assert_int_eq(pg_file_open_any(&file, folder, pool), APR_EACCES);
    ck_assert_str_eq(file.why, "it is not a regular file");
    write_file(in_folder("x"), "four");
    ck_assert_int_eq(chmod(in_folder("x"), 0666), 0);
    ck_assert_int_eq(symlink("x", in_folder("y")), 0);
    ck_assert_int_eq(pg_file_open_any(&file, in_folder("y"), pool), 0);
    ck_assert_uint_eq(file.size, 4);
    ck_assert_ptr_null(file.why);
    close(file.fd);
}

PG_TEST(a_path_without_a_folder_is_in_this_one)
{
    char back[1024];
    pg_file_t file = { .fd = -1 };

    ck_assert_ptr_nonnull(getcwd(back, sizeof(back)));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(pg_file_open_append(&file, "x", &own, pool), 0);
    ck_assert_ptr_null(pg_file_folder_objection("x", pool));
    ck_assert_int_eq(pg_file_sync_dir("x", pool), 0);
    close(file.fd);
    ck_assert_int_eq(chdir(back), 0);
    is_text(in_folder("x"), "");
    ck_assert_ptr_null(pg_file_folder_objection("/x", pool));
    ck_assert_int_eq(pg_file_sync_dir("/x", pool), 0);
    ck_assert_int_eq(pg_file_sync_dir(in_folder("no/x"), pool), ENOENT);
    ck_assert(strstr(pg_file_folder_objection(in_folder("no/x"), pool),
                     "/no cannot be opened: "));
}

/* As for a process that was started without standard input. */
PG_TEST(descriptor_0_is_one_like_any_other)
{
    const char *path = in_folder("x");
    pg_file_t file = { .fd = -1 };
    int kept = dup(0);

    close(0);
    ck_assert_int_eq(pg_file_open_append(&file, path, &own, pool), 0);
    close(file.fd);
    ck_assert_ptr_null(pg_file_folder_objection(path, pool));
    ck_assert_int_eq(pg_file_sync_dir(path, pool), 0);
    ck_assert_int_eq(pg_file_open(&file, path, false, pool), 0);
    ck_assert_int_eq(file.fd, 0);        /* nobody had kept it            */
    close(0);
    ck_assert_int_eq(pg_file_open_any(&file, path, pool), 0);
    ck_assert_int_eq(file.fd, 0);
    close(0);
    ck_assert_int_eq(pg_file_temp(&file, path, 10, &own, pool), 0);
    ck_assert_int_eq(file.fd, 0);
    close(0);
    ck_assert_int_eq(chmod(folder, 01777), 0);
    ck_assert_ptr_nonnull(pg_file_folder_objection(path, pool));
    ck_assert_int_lt(fcntl(0, F_GETFD), 0);
    ck_assert_int_eq(dup2(kept, 0), 0);
    close(kept);
}

static bool is_closed_without_an_owner(void)
{
    pg_file_t file = { .fd = -1 };

    close(0);
    PG_HOLDS(pg_file_open(&file, in_folder("x"), false, pool) == EIO);
    PG_HOLDS(fcntl(0, F_GETFD) < 0);
    PG_HOLDS(pg_file_open_any(&file, in_folder("x"), pool) == EIO);
    PG_HOLDS(fcntl(0, F_GETFD) < 0);
    PG_HOLDS(pg_file_open_append(&file, in_folder("x"), &own, pool) != 0);
    PG_HOLDS(fcntl(0, F_GETFD) < 0);
    return true;
}

PG_TEST(what_cannot_be_looked_at_is_closed_whatever_its_number)
{
    write_file(in_folder("x"), "");
    ck_assert(pg_fault_holds(FAULT_FSTAT, EIO, is_closed_without_an_owner));
}

/* Sizes around the octets that are written at a time. */
static bool has_its_size(void)
{
    static const apr_size_t sizes[] = { 1, 4095, 4096, 4097, 10000 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        pg_file_t temp = { .fd = -1 };
        struct stat st;
        char octet = 'x';

        PG_HOLDS(pg_file_temp(&temp, in_folder("x"), sizes[i], &own, pool)
                 == 0);
        PG_HOLDS(fstat(temp.fd, &st) == 0);
        PG_HOLDS(st.st_size == (off_t)sizes[i]);
        PG_HOLDS((apr_size_t)st.st_blocks * 512 >= sizes[i]);
        PG_HOLDS(pread(temp.fd, &octet, 1, st.st_size - 1) == 1);
        PG_HOLDS(octet == 0);
        close(temp.fd);
    }
    return true;
}

static bool is_too_large(void)
{
    struct rlimit limit;
    pg_file_t temp = { .fd = -1 };

    getrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
    limit.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &limit);
    PG_HOLDS(pg_file_temp(&temp, in_folder("y"), 4097, &own, pool) == EFBIG);
    return true;
}

PG_TEST(where_nothing_can_be_reserved_zeros_are_written)
{
    ck_assert(pg_fault_holds(FAULT_RESERVE, EINVAL, has_its_size));
    ck_assert(pg_fault_holds(FAULT_RESERVE, ENOSYS, is_too_large));
}

PG_TEST(without_room_nothing_is_left)
{
    struct rlimit limit, old;
    pg_file_t temp;

    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    limit = old;
    limit.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert_int_ne(pg_file_temp(&temp, in_folder("x"), 4097, &own, pool), 0);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
}

PG_TEST(other_peoples_files_are_refused)
{
    write_file(in_folder("open"), "precious");
    ck_assert_int_eq(chmod(in_folder("open"), 0666), 0);
    refused(in_folder("open"), "others may write to it (mode 0666)");
    if (geteuid() == 0) {
        write_file(in_folder("foreign"), "precious");
        ck_assert_int_eq(chown(in_folder("foreign"), 65534, 65534), 0);
        refused(in_folder("foreign"), "belongs to user 65534");
        is_text(in_folder("foreign"), "precious");
    }
}

static bool can_open(const char *name)
{
    pg_file_t file = { .fd = -1 };
    bool can = pg_file_open(&file, in_folder(name), false, pool) == 0;

    if (can) {
        close(file.fd);
    }
    return can;
}

PG_TEST(a_user_has_files_and_folders_of_its_own_and_of_root)
{
    enum { USER = 65534 };

    if (geteuid() != 0) {
        return;
    }
    write_file(in_folder("roots"), "");
    write_file(in_folder("own"), "");
    write_file(in_folder("others"), "");
    ck_assert_int_eq(chown(in_folder("own"), USER, USER), 0);
    ck_assert_int_eq(chown(in_folder("others"), USER - 1, USER - 1), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(seteuid(USER), 0);
    ck_assert(can_open("roots"));
    ck_assert(can_open("own"));
    ck_assert(!can_open("others"));
    ck_assert_ptr_null(pg_file_folder_objection(in_folder("x"), pool));
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chown(folder, USER, USER), 0);
    ck_assert_int_eq(seteuid(USER), 0);
    ck_assert_ptr_null(pg_file_folder_objection(in_folder("x"), pool));
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chown(folder, USER - 1, 0), 0);
    ck_assert_int_eq(seteuid(USER), 0);
    ck_assert_ptr_nonnull(pg_file_folder_objection(in_folder("x"), pool));
    ck_assert_int_eq(seteuid(0), 0);
}

PG_TEST(folders_that_others_write_to_are_refused)
{
    ck_assert_int_eq(chmod(folder, 01777), 0);
    refused(in_folder("new"), "is world-writable (mode 1777)");
    ck_assert_int_ne(access(in_folder("new"), F_OK), 0);
    ck_assert_int_eq(chmod(folder, 0700), 0);
    refused(in_folder("no/such"), "cannot be opened");
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(folder, 65534, 65534), 0);
        refused(in_folder("new"), "belongs to user 65534");
    }
}
