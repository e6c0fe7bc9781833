/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A folder of its own for each test, and a pool. */
#ifndef PG_TEST_FOLDER_H
#define PG_TEST_FOLDER_H

#include "pg_test_ledger.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char folder[64];
static int open_before;

static inline int open_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 1024; fd++) {
        n += fcntl(fd, F_GETFD) >= 0;
    }
    return n;
}

static inline void make_folder(void)
{
    open_before = open_files();
    make_pool();
    strcpy(folder, "/tmp/pg-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static inline void remove_folder(void)
{
    char command[128];

    destroy_pool();
    ck_assert_int_eq(open_files(), open_before);     /* none is forgotten */
    snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static inline const char *in_folder(const char *name)
{
    return apr_pstrcat(pool, folder, "/", name, NULL);
}

static inline void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

/* Options of a ledger there, the others by default. */
#define AT_PATH(at) (&(pg_ledger_options_t){ .path = (at) })

#endif
