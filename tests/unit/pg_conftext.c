/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_conftext.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    exit(2);
}

static char *trimmed(char *line)
{
    char *end;

    while (apr_isspace(*line)) {
        line++;
    }
    end = line + strlen(line);
    while (end > line && apr_isspace(end[-1])) {
        *--end = '\0';
    }
    return line;
}

/* The text's lines become one list; sections are entered and left. */
typedef struct builder_t {
    const pg_directive_t **at;       /* where the next one goes           */
    const pg_directive_t **back[16]; /* where to go on after a section    */
    int depth;
} builder_t;

static void add_line(builder_t *b, char *text, const char *file, int line,
                     apr_pool_t *pool)
{
    pg_directive_t *d = apr_pcalloc(pool, sizeof(*d));
    apr_size_t n = strlen(text);

    if (text[0] == '<' && text[1] == '/') {
        if (b->depth == 0) {
            fail(file, line, "no section to close");
        }
        b->at = b->back[--b->depth];
        return;
    }
    if (text[0] == '<') {
        if (text[n - 1] != '>' || b->depth == 16) {
            fail(file, line, "bad section");
        }
        text[n - 1] = '\0';
    }
    n = strcspn(text, " \t");
    d->name = apr_pstrmemdup(pool, text, n);
    d->args = apr_pstrdup(pool, trimmed(text + n));
    d->file = file;
    d->line = line;
    *b->at = d;
    b->at = &d->next;
    if (text[0] == '<') {
        b->back[b->depth++] = b->at;
        b->at = &d->child;
    }
}

const pg_directive_t *pg_conftext_parse(const char *text, const char *file,
                                        apr_pool_t *pool)
{
    const pg_directive_t *first = NULL;
    builder_t b = { .at = &first };
    char *copy = apr_pstrdup(pool, text);
    int line = 0;

    while (copy) {
        char *end = strchr(copy, '\n');
        char *at;
        if (end) {
            *end = '\0';
        }
        line++;
        at = trimmed(copy);
        if (*at && *at != '#') {
            add_line(&b, at, file, line, pool);
        }
        copy = end ? end + 1 : NULL;
    }
    if (b.depth) {
        fail(file, line, "section not closed");
    }
    return first;
}

const char *pg_conftext_path(const char *name)
{
    const char *dir = getenv("PG_CASES");
    static char path[1024];

    snprintf(path, sizeof(path), "%s/%s", dir ? dir : "tests/cases", name);
    return path;
}

char *pg_conftext_read(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;

    if (f == NULL || getdelim(&text, &room, '\0', f) < 0) {
        perror(path);
        exit(2);
    }
    fclose(f);
    return text;
}

static pg_confcase_t *read_cases(const char *name, int *count)
{
    const char *path = pg_conftext_path(name);
    pg_confcase_t *cases = NULL;
    char *at;
    int line = 1;

    *count = 0;
    at = pg_conftext_read(path);
    while (at) {
        char *end = strchr(at, '\n');
        if (end) {
            *end = '\0';
        }
        if (strncmp(at, "### ", 4) == 0) {
            char *colon = strchr(at, ':');
            if (colon == NULL) {
                fail(path, line, "not '### expected: title'");
            }
            *colon = '\0';
            if (*count) {
                at[-1] = '\0';   /* ends the case before */
            }
            cases = realloc(cases, sizeof(*cases) * (size_t)(*count + 1));
            cases[(*count)++] = (pg_confcase_t){ .expect = at + 4,
                .title = colon + 2, .text = end ? end + 1 : "",
                .line = line };
        }
        else if (end) {
            *end = '\n';
        }
        line++;
        at = end ? end + 1 : NULL;
    }
    return cases;
}

const pg_confcase_t *pg_conftext_cases(const char *name, int *count)
{
    static struct {
        const char *name;
        pg_confcase_t *cases;
        int count;
    } files[8];                  /* once read                             */
    int i = 0;

    while (i < 8 && files[i].name && strcmp(files[i].name, name) != 0) {
        i++;
    }
    if (i == 8) {
        fail(name, 0, "more than 8 files of cases");
    }
    if (files[i].name == NULL) {
        files[i].name = name;
        files[i].cases = read_cases(name, &files[i].count);
    }
    *count = files[i].count;
    return files[i].cases;
}

bool pg_conftext_regex(void *ctx, const char *pattern, bool nocase,
                       const char *subject, pg_match_t *m)
{
    regex_t compiled;
    regmatch_t match[PG_GROUPS];
    bool matches;

    (void)ctx;
    if (regcomp(&compiled, pattern, REG_EXTENDED | (nocase ? REG_ICASE : 0))) {
        return false;
    }
    matches = regexec(&compiled, subject, PG_GROUPS, match, 0) == 0;
    for (int i = 0; m && matches && i < PG_GROUPS; i++) {
        m->from[i] = (int)match[i].rm_so;
        m->to[i] = (int)match[i].rm_eo;
    }
    regfree(&compiled);
    return matches;
}
