/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Faults of the system, for the lines that only they reach: the kernel answers
 * one system call of a process of its own with an error (seccomp). */
#ifndef PG_TEST_FAULT_H
#define PG_TEST_FAULT_H

#include "pg_test.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

typedef enum pg_fault_e {
    FAULT_WRITE,
    FAULT_PWRITE,
    FAULT_PREAD,
    FAULT_FSYNC,
    FAULT_FSTAT,
    FAULT_LINK,
    FAULT_RENAME,
    FAULT_CHMOD,
    FAULT_CHOWN,
    FAULT_LOCK,
    FAULT_RESERVE,
    FAULT_MAP_FILE,
    FAULT_MAP_MEMORY
} pg_fault_e;

/* What C libraries make of a function; 0: no more. Of those that map memory
 * only the ones with these flags fail. */
typedef struct pg_fault_t {
    unsigned calls[3], flags;
} pg_fault_t;

#ifdef __linux__
static const pg_fault_t faults[] = {
    [FAULT_WRITE] = { .calls = { SYS_write } },
    [FAULT_PWRITE] = { .calls = { SYS_pwrite64 } },
    [FAULT_PREAD] = { .calls = { SYS_pread64 } },
    [FAULT_FSYNC] = { .calls = { SYS_fsync } },
#ifdef SYS_newfstatat
    [FAULT_FSTAT] = { .calls = { SYS_fstat, SYS_newfstatat } },
#else
    [FAULT_FSTAT] = { .calls = { SYS_fstat64, SYS_fstatat64 } },
#endif
#ifdef SYS_rename
    [FAULT_LINK] = { .calls = { SYS_link, SYS_linkat } },
    [FAULT_RENAME] = { .calls = { SYS_rename, SYS_renameat, SYS_renameat2 } },
#else
    [FAULT_LINK] = { .calls = { SYS_linkat } },
    [FAULT_RENAME] = { .calls = { SYS_renameat2 } },
#endif
    [FAULT_CHMOD] = { .calls = { SYS_fchmod } },
    [FAULT_CHOWN] = { .calls = { SYS_fchown } },
    [FAULT_LOCK] = { .calls = { SYS_flock } },
    [FAULT_RESERVE] = { .calls = { SYS_fallocate } },
#ifdef SYS_mmap2
    [FAULT_MAP_FILE] = { .calls = { SYS_mmap2 }, .flags = 0x01 },
    [FAULT_MAP_MEMORY] = { .calls = { SYS_mmap2 }, .flags = 0x21 },
#else
    [FAULT_MAP_FILE] = { .calls = { SYS_mmap }, .flags = 0x01 },
    [FAULT_MAP_MEMORY] = { .calls = { SYS_mmap }, .flags = 0x21 },
#endif
};

static inline bool pg_fault_begin(const pg_fault_t *fault, unsigned error)
{
    const unsigned flags = (unsigned)offsetof(struct seccomp_data, args[3])
        + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0);
    const unsigned fail = SECCOMP_RET_ERRNO | error;
    const unsigned *call = fault->calls;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call[0], 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call[1] ? call[1] : call[0], 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call[2] ? call[2] : call[0], 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, flags),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, fault->flags, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, fault->flags ? SECCOMP_RET_ALLOW : fail),
        BPF_STMT(BPF_RET | BPF_K, fail)
    };
    struct sock_fprog program = { .filter = code,
                                  .len = sizeof(code) / sizeof(code[0]) };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
           && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#endif

/* Does it hold where these calls fail? Yes where none can be made to fail
 * (another system, qemu), or where make memcheck says so, since valgrind makes
 * calls of its own; what is false says so itself. */
static inline bool pg_fault_holds(pg_fault_e fault, unsigned error,
                                  bool (*claim)(void))
{
#ifdef __linux__
    int status;
    pid_t pid;

    if (getenv("PG_NO_FAULTS")) {
        return true;
    }
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        _exit(pg_fault_begin(&faults[fault], error) && !claim());
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status == 0;
#else
    (void)fault, (void)error, (void)claim;
    return true;
#endif
}

/* In a claim: one of its parts. */
#define PG_HOLDS(what)                                                    \
    do {                                                                  \
        if (!(what)) {                                                    \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,    \
                    #what);                                               \
            return false;                                                 \
        }                                                                 \
    } while (0)

#endif
