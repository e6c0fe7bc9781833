/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Runs every suite that registered itself, and reads the case files. */
#include "pg_test.h"

#include <apr_general.h>
#include <stdio.h>

static pg_test_t *registered;

/* Constructors run in any order; tests run in the order of their file. */
static bool is_before(const TTest *a, const TTest *b)
{
    int order = strcmp(a->file, b->file);

    return order ? order < 0 : a->line < b->line;
}

void pg_test_register(pg_test_t *test)
{
    pg_test_t **at = &registered;

    while (*at && is_before(&(*at)->test, &test->test)) {
        at = &(*at)->next;
    }
    test->next = *at;
    *at = test;
}

static TCase *begin(const pg_test_t *t, Suite *suite)
{
    TCase *tc = tcase_create(t->test.name);

    tcase_add_checked_fixture(tc, t->set_up, t->tear_down);
    /* check's own 4 seconds are too few on a busy machine */
    tcase_set_timeout(tc, t->seconds ? t->seconds : 60);
    suite_add_tcase(suite, tc);
    return tc;
}

static SRunner *runner_of(const pg_test_t *t)
{
    SRunner *runner = srunner_create(NULL);
    const char *file = "";
    Suite *suite = NULL;
    TCase *tc = NULL;

    for (; t; t = t->next) {
        if (t->suite) {
            file = t->test.file;
            suite = suite_create(t->suite);
            srunner_add_suite(runner, suite);
        }
        if (strcmp(file, t->test.file) != 0) {
            fprintf(stderr, "%s is outside a suite\n", t->test.name);
            exit(2);
        }
        if (t->test.fn) {
            int times = t->times();

            if (times == 0) {
                fprintf(stderr, "%s has nothing to try\n", t->test.name);
                exit(2);
            }
            tcase_add_loop_test(tc, &t->test, 0, times);
        }
        else {
            tc = begin(t, suite);
        }
    }
    return runner;
}

pg_span_t pg_test_exact(pg_span_t s)
{
    char *copy;

    if (s.ptr == NULL) {
        return s;
    }
    copy = malloc(s.len ? s.len : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, s.ptr, s.len);
    return pg_span_make(copy, s.len);
}

static int hex_value(char c)
{
    return pg_octet_is_digit(c) ? c - '0' : pg_octet_lower(c) - 'a' + 10;
}

/* One escape after a backslash at s. @return false: it is not one */
static bool unescape_one(const char *s, size_t n, char *out, size_t *taken)
{
    static const char from[] = "nrt0\\";
    static const char to[] = "\n\r\t\0\\";
    const char *at;

    *taken = 1;
    if (n >= 3 && s[0] == 'x' && pg_octet_is_hex(s[1])
        && pg_octet_is_hex(s[2])) {
        *out = (char)(hex_value(s[1]) * 16 + hex_value(s[2]));
        *taken = 3;
        return true;
    }
    at = n ? memchr(from, s[0], sizeof(from) - 1) : NULL;
    if (at == NULL) {
        return false;
    }
    *out = to[at - from];
    return true;
}

/* \xNN \n \r \t \0 \\ ; a field that is only "-" is absent. */
static pg_span_t unescape(const char *s, size_t n, const char *file, int line)
{
    char *out;
    size_t used = 0, taken;
    pg_span_t exact;

    if (n == 1 && s[0] == '-') {
        return (pg_span_t){ .ptr = NULL, .len = 0 };
    }
    out = malloc(n + 1);
    for (size_t i = 0; out && i < n; i++) {
        if (s[i] != '\\') {
            out[used++] = s[i];
        }
        else if (unescape_one(s + i + 1, n - i - 1, out + used, &taken)) {
            used++;
            i += taken;
        }
        else {
            fprintf(stderr, "%s:%d: bad escape\n", file, line);
            exit(2);
        }
    }
    exact = pg_test_exact(pg_span_make(out, used));
    free(out);
    return exact;
}

static void split_row(pg_row_t *row, char *text, const char *file)
{
    char *at = text;

    for (;;) {
        size_t n = strcspn(at, "\t\n");
        if (row->n == 16) {
            fprintf(stderr, "%s:%d: over 16 fields\n", file, row->line);
            exit(2);
        }
        row->field[row->n++] = unescape(at, n, file, row->line);
        if (at[n] != '\t') {
            return;
        }
        at += n + 1;
    }
}

/* Files once read are kept, so that the leak checker sees an owner. */
static struct {
    const char *name;
    pg_row_t *rows;
    int count;
} files[32];

static pg_row_t *read_rows(const char *name, int *count)
{
    const char *dir = getenv("PG_CASES");
    char path[1024];
    pg_row_t *rows = NULL;
    char *text = NULL;
    size_t room = 0;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir ? dir : "tests/cases", name);
    f = fopen(path, "r");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    *count = 0;
    for (int line = 1; getline(&text, &room, f) >= 0; line++) {
        if (text[0] == '#' || text[0] == '\n') {
            continue;
        }
        rows = realloc(rows, sizeof(*rows) * (size_t)(*count + 1));
        memset(&rows[*count], 0, sizeof(*rows));
        rows[*count].line = line;
        split_row(&rows[(*count)++], text, path);
    }
    free(text);
    fclose(f);
    return rows;
}

const pg_row_t *pg_test_rows(const char *name, int *count)
{
    int i = 0;

    while (i < 32 && files[i].name && strcmp(files[i].name, name) != 0) {
        i++;
    }
    if (i == 32) {
        fprintf(stderr, "more than 32 case files: raise the limit\n");
        exit(2);
    }
    if (files[i].name == NULL) {
        files[i].name = name;
        files[i].rows = read_rows(name, &files[i].count);
    }
    *count = files[i].count;
    return files[i].rows;
}

int main(void)
{
    SRunner *runner;
    int failed;

    if (apr_initialize() != APR_SUCCESS) {
        return EXIT_FAILURE;
    }
    runner = runner_of(registered);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner) || !srunner_ntests_run(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
