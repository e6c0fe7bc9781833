/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <apr_strings.h>

#define ASIDE_MOST 3

/* What is wrong with a file of this kind and owner; NULL if nothing. */
static const char *objection(const struct stat *st, apr_pool_t *pool)
{
    if (!S_ISREG(st->st_mode)) {
        return "it is not a regular file";
    }
    if (st->st_uid != geteuid() && st->st_uid != 0) {
        return apr_psprintf(pool, "it belongs to user %lu, not to user %lu",
                            (unsigned long)st->st_uid,
                            (unsigned long)geteuid());
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        return apr_psprintf(pool, "others may write to it (mode %04o)",
                            (unsigned)(st->st_mode & 07777));
    }
    return NULL;
}

const char *pg_file_error(const char *doing, apr_status_t status,
                          apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s: %pm", doing, (void *)&status);
}

static const char *open_error(int error, const char *path, apr_pool_t *pool)
{
    struct stat st;

    if (error == ELOOP
        && lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
        return "it is a symbolic link";
    }
    return pg_file_error("it cannot be opened", error, pool);
}

static apr_status_t open_as(pg_file_t *out, struct stat *st, const char *path,
                            int flags, apr_pool_t *pool)
{
    /* O_NONBLOCK: a FIFO must not make us wait for its other end. */
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    memset(st, 0, sizeof(*st));
    if (fd < 0 || fstat(fd, st) != 0) {
        int error = errno;
        out->why = open_error(error, path, pool);
        if (fd >= 0) {
            close(fd);
        }
        return error;
    }
    out->fd = fd;
    out->size = (apr_size_t)st->st_size;
    return APR_SUCCESS;
}

static apr_status_t unless(const char *why, pg_file_t *out)
{
    out->why = why;
    if (why) {
        close(out->fd);
        out->fd = -1;
        return APR_EACCES;
    }
    return APR_SUCCESS;
}

apr_status_t pg_file_open(pg_file_t *out, const char *path, bool writable,
                          apr_pool_t *pool)
{
    struct stat st;
    int flags = (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW;
    apr_status_t status = open_as(out, &st, path, flags, pool);

    return status ? status : unless(objection(&st, pool), out);
}

/* --- appending ----------------------------------------------------------- */

static const char *folder_of(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? "."
           : slash == path ? "/"
           : apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
}

/* A descriptor of the folder that path is in; -1 with *why set. */
static int open_folder(const char *path, const char **why, apr_pool_t *pool)
{
    const char *folder = folder_of(path, pool);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    *why = NULL;
    if (fd < 0 || fstat(fd, &st) != 0) {
        int error = errno;
        *why = apr_psprintf(pool, "its directory %s cannot be opened: %pm",
                            folder, (void *)&error);
    }
    else if (st.st_mode & S_IWOTH) {
        *why = apr_psprintf(pool, "its directory %s is world-writable (mode "
                            "%04o)", folder, (unsigned)(st.st_mode & 07777));
    }
    else if (st.st_uid != geteuid() && st.st_uid != 0) {
        *why = apr_psprintf(pool, "its directory %s belongs to user %lu, not "
                            "to user %lu", folder, (unsigned long)st.st_uid,
                            (unsigned long)geteuid());
    }
    if (*why && fd >= 0) {
        close(fd);
    }
    return *why ? -1 : fd;
}

const char *pg_file_folder_objection(const char *path, apr_pool_t *pool)
{
    const char *why;
    int fd = open_folder(path, &why, pool);

    if (why == NULL) {
        close(fd);
    }
    return why;
}

static apr_status_t append_at(pg_file_t *out, int folder, const char *path,
                              apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');
    struct stat st;

    /* O_NONBLOCK: a FIFO must not make us wait for its other end. */
    out->fd = openat(folder, slash ? slash + 1 : path,
                     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK
                     | O_NOCTTY | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP);
    if (out->fd < 0) {
        int error = errno;
        out->why = open_error(error, path, pool);
        return error;
    }
    if (fstat(out->fd, &st) != 0) {
        return unless("its owner cannot be determined", out);
    }
    out->size = (apr_size_t)st.st_size;
    return unless(S_ISREG(st.st_mode) && st.st_nlink != 1
                      ? "it has more than one name (hard links)"
                      : objection(&st, pool), out);
}

/* A path given by mistake may be another program's file. */
static bool is_ours(const char *path, const pg_file_own_t *own,
                    apr_pool_t *pool)
{
    char head[PG_FILE_HEAD];
    pg_file_t file = { .why = NULL };
    ssize_t n = -1;

    if (pg_file_open(&file, path, false, pool) == APR_SUCCESS) {
        n = pread(file.fd, head, sizeof(head), 0);
        close(file.fd);
    }
    return n >= 0 && own->is_ours(pg_span_make(head, (apr_size_t)n));
}

apr_status_t pg_file_open_append(pg_file_t *out, const char *path,
                                 const pg_file_own_t *own, apr_pool_t *pool)
{
    int folder = open_folder(path, &out->why, pool);
    apr_status_t status = APR_EACCES;

    if (folder >= 0) {
        status = append_at(out, folder, path, pool);
        close(folder);
    }
    if (status == APR_SUCCESS && out->size == 0) {
        (void)pg_file_secure(out->fd, own);
    }
    else if (status == APR_SUCCESS && own->is_ours
             && !is_ours(path, own, pool)) {
        status = unless(own->unless, out);
    }
    return status;
}

apr_status_t pg_file_check_append(const char **why, const char *path,
                                  const pg_file_own_t *own, apr_pool_t *pool)
{
    pg_file_t file = { .why = NULL };
    apr_status_t status;
    struct stat st;

    if (lstat(path, &st) != 0) {
        *why = pg_file_folder_objection(path, pool);
        return *why ? APR_EACCES : APR_SUCCESS;
    }
    status = pg_file_open_append(&file, path, own, pool);
    if (status == APR_SUCCESS) {
        close(file.fd);
    }
    *why = file.why;
    return status;
}

/* --- reading, making ----------------------------------------------------- */

apr_status_t pg_file_open_any(pg_file_t *out, const char *path,
                              apr_pool_t *pool)
{
    struct stat st;
    apr_status_t status = open_as(out, &st, path, O_RDONLY, pool);

    return status ? status
                  : unless(S_ISREG(st.st_mode) ? NULL
                           : "it is not a regular file", out);
}

apr_status_t pg_file_secure(int fd, const pg_file_own_t *own)
{
    if (own->set_group && fchown(fd, (uid_t)-1, own->group) != 0) {
        return errno;
    }
    /* After fchown, which may change it; and the umask must not decide. */
    return fchmod(fd, S_IRUSR | S_IWUSR | S_IRGRP) == 0 ? APR_SUCCESS : errno;
}

static apr_status_t write_zeros(int fd, off_t size)
{
    static const char zeros[4096];

    for (off_t at = 0; at < size;) {
        size_t n = size - at < (off_t)sizeof(zeros) ? (size_t)(size - at)
                                                    : sizeof(zeros);
        ssize_t written = pwrite(fd, zeros, n, at);

        if (written <= 0) {
            return written < 0 ? errno : APR_EGENERAL;
        }
        at += written;
    }
    return APR_SUCCESS;
}

/* A hole would be filled at the first count, which kills the process with
 * SIGBUS when the file system is full. Some file systems (ZFS, what
 * musl does not emulate) and systems (macOS) reserve nothing when asked. */
static apr_status_t reserve(int fd, off_t size)
{
    apr_status_t status = EOPNOTSUPP;

#if defined(_POSIX_ADVISORY_INFO) && _POSIX_ADVISORY_INFO > 0
    status = posix_fallocate(fd, 0, size);
#endif
    return status == EOPNOTSUPP || status == EINVAL || status == ENOSYS
               ? write_zeros(fd, size) : status;
}

apr_status_t pg_file_temp(pg_file_t *out, const char *path, apr_size_t size,
                          const pg_file_own_t *own, apr_pool_t *pool)
{
    char *name = apr_pstrcat(pool, path, ".XXXXXX", NULL);
    int fd = mkostemp(name, O_CLOEXEC);
    apr_status_t status;

    if (fd < 0) {
        return errno;
    }
    status = pg_file_secure(fd, own);
    if (status == APR_SUCCESS) {
        status = reserve(fd, (off_t)size);
    }
    if (status != APR_SUCCESS) {
        close(fd);
        unlink(name);
        return status;
    }
    out->fd = fd;
    out->name = name;
    return APR_SUCCESS;
}

apr_status_t pg_file_publish(const char *temp, const char *path)
{
    /* link() fails when the name is taken; rename() would overwrite. */
    if (link(temp, path) != 0) {
        int error = errno;
        unlink(temp);
        return error;
    }
    unlink(temp);
    return APR_SUCCESS;
}

/* The one of the three that was changed longest ago. */
static const char *oldest_of(const char *path, const char *word,
                             apr_pool_t *pool)
{
    const char *oldest = NULL;
    time_t since = 0;
    struct stat st;

    for (int i = 1; i <= ASIDE_MOST; i++) {
        const char *name = apr_psprintf(pool, "%s.%s-%d", path, word, i);
        if (lstat(name, &st) == 0 && S_ISREG(st.st_mode)
            && (oldest == NULL || st.st_ctime < since)) {
            oldest = name;
            since = st.st_ctime;
        }
    }
    return oldest;
}

apr_status_t pg_file_aside(const char **aside, const char *path,
                           const char *word, bool forget, apr_pool_t *pool)
{
    for (int i = 1; i <= ASIDE_MOST; i++) {
        char *name = apr_psprintf(pool, "%s.%s-%d", path, word, i);
        if (link(path, name) == 0) {
            *aside = name;
            return unlink(path) == 0 ? APR_SUCCESS : errno;
        }
        if (errno != EEXIST) {
            return errno;
        }
    }
    *aside = forget ? oldest_of(path, word, pool) : NULL;
    if (*aside == NULL) {
        return APR_EEXIST;
    }
    return rename(path, *aside) == 0 ? APR_SUCCESS : errno;
}

/* --- one file, several processes ----------------------------------------- */

bool pg_file_is_at(int fd, const char *path)
{
    struct stat a, b;

    return fstat(fd, &a) == 0 && lstat(path, &b) == 0
           && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

apr_status_t pg_file_lock(int fd, bool exclusive)
{
    static const struct timespec pause = { .tv_nsec = 10000000 };

    for (int tries = 0; tries < 50; tries++) {
        if (flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) {
            return APR_SUCCESS;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return errno;
        }
        if (exclusive) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    return APR_EBUSY;
}

apr_status_t pg_file_sync_dir(const char *path, apr_pool_t *pool)
{
    int fd = open(folder_of(path, pool), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    apr_status_t status = APR_SUCCESS;

    if (fd < 0) {
        return errno;
    }
    if (fsync(fd) != 0 && errno != EINVAL) {
        status = errno;
    }
    close(fd);
    return status;
}

apr_status_t pg_file_write(int fd, const void *octets, apr_size_t n)
{
    const char *at = octets;

    while (n > 0) {
        ssize_t wrote = write(fd, at, n);
        if (wrote < 0 && errno != EINTR) {
            return errno;
        }
        if (wrote > 0) {
            at += wrote;
            n -= (apr_size_t)wrote;
        }
    }
    return APR_SUCCESS;
}
