/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Scores the classifier on labelled request lines that others have collected:
 *
 *     make score FILE=requests.tsv
 *
 * One row a line, tab separated: label ("relay" or "clean"), class by the
 * labeller, own host ("" = unknown), raw request line, Host field ("" = not
 * known); further columns are ignored. \xNN, \" and other escapes stand as
 * the server logged them. Exit status 1 if anything is missed or flagged
 * wrongly. A log does not say which ports its server had: any is ours. */
#include <apr_general.h>
#include <stdio.h>
#include <stdlib.h>

#include "pg_classify.h"

#define FIELDS 5
#define LABELS 32

typedef struct tally_t {
    char label[40];              /* label and class of the labeller       */
    long count[PG_CLASS_COUNT + 1];
} tally_t;

static tally_t tallies[LABELS];

static tally_t *tally_of(const char *label, const char *class_name)
{
    char name[40];
    int i = 0;

    snprintf(name, sizeof(name), "%s %s", label, class_name);
    while (i < LABELS - 1 && tallies[i].label[0]
           && strcmp(tallies[i].label, name) != 0) {
        i++;
    }
    strcpy(tallies[i].label, name);
    return &tallies[i];
}

static int hex_value(char c)
{
    return pg_octet_is_digit(c) ? c - '0' : pg_octet_lower(c) - 'a' + 10;
}

/* In place; what is no escape stays as it is. */
static pg_span_t unescape(char *s)
{
    static const char from[] = "nrtvbf\"\\";
    static const char to[] = "\n\r\t\v\b\f\"\\";
    char *out = s, *in = s;

    while (*in) {
        const char *at;
        if (in[0] != '\\' || in[1] == '\0') {
            *out++ = *in++;
        }
        else if (in[1] == 'x' && pg_octet_is_hex(in[2])
                 && pg_octet_is_hex(in[3])) {
            *out++ = (char)(hex_value(in[2]) * 16 + hex_value(in[3]));
            in += 4;
        }
        else if ((at = strchr(from, in[1])) != NULL) {
            *out++ = to[at - from];
            in += 2;
        }
        else {
            *out++ = *in++;
        }
    }
    return pg_span_make(s, (apr_size_t)(out - s));
}

static int split(char *fields[FIELDS], char *text)
{
    int n = 0;

    text[strcspn(text, "\n")] = '\0';
    while (n < FIELDS && text) {
        fields[n++] = strsep(&text, "\t");
    }
    return n;
}

static pg_own_t *own_of(const char *host, apr_pool_t *pool)
{
    pg_own_t *own = pg_own_create(pool);
    char name[300];

    if (host[0] == '\0') {
        return NULL;
    }
    snprintf(name, sizeof(name), strchr(host, ':') ? "[%s]:*" : "%s:*", host);
    if (pg_own_add(own, pg_span_str(name)) != NULL
        && pg_own_add(own, pg_span_str(host)) != NULL) {
        return NULL;
    }
    return own;
}

/* 1 if the verdict is wrong */
static int score(char *fields[FIELDS], int line, apr_pool_t *pool)
{
    pg_request_t request = { .line = { .ptr = NULL } };
    pg_verdict_t v;
    char *shown = strdup(fields[3]);
    int wrong, relay = strcmp(fields[0], "relay") == 0;

    request.line = unescape(fields[3]);
    if (fields[4][0]) {
        request.host = pg_span_str(fields[4]);
    }
    pg_classify(&v, &request, own_of(fields[2], pool));
    tally_of(fields[0], fields[1])->count[v.class_id]++;
    wrong = relay != (v.class_id != PG_CLASS_CLEAN);
    if (wrong) {
        printf("%d: %s: %s (%s): %s\n", line,
               relay ? "missed" : "false alarm", shown,
               fields[1], pg_classify_reason(v.reason));
    }
    free(shown);
    return wrong;
}

static void print_tallies(void)
{
    printf("%-26s", "labelled");
    for (int c = 0; c <= PG_CLASS_COUNT; c++) {
        printf(" %13s", pg_vocab_class((pg_class_e)c));
    }
    for (int i = 0; i < LABELS && tallies[i].label[0]; i++) {
        printf("\n%-26s", tallies[i].label);
        for (int c = 0; c <= PG_CLASS_COUNT; c++) {
            printf(" %13ld", tallies[i].count[c]);
        }
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    char *text = NULL, *fields[FIELDS];
    size_t room = 0;
    long rows = 0, missed = 0, alarms = 0;
    apr_pool_t *pool;
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (f == NULL) {
        fprintf(stderr, "usage: score FILE (tab separated, see score.c)\n");
        return 2;
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    for (int line = 1; getline(&text, &room, f) >= 0; line++) {
        if (split(fields, text) < FIELDS) {
            fprintf(stderr, "%s:%d: fewer than 5 fields\n", argv[1], line);
            return 2;
        }
        rows++;
        if (score(fields, line, pool)) {
            *(strcmp(fields[0], "relay") ? &alarms : &missed) += 1;
        }
        apr_pool_clear(pool);
    }
    print_tallies();
    printf("%ld rows, %ld missed, %ld false alarms\n", rows, missed, alarms);
    free(text);
    fclose(f);
    apr_terminate();
    return missed || alarms;
}
