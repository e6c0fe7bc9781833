/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_regex.h"

#include <apr_lib.h>
#include <stdlib.h>

#define MOST_DEPTH 64
#define MOST_LISTED 16           /* texts that still count as a list      */

typedef struct reader_t {
    const char *at;
    int want;                    /* group to describe                     */
    pg_regex_group_t *group;     /* NULL: not wanted                      */
    int groups;                  /* capturing ones opened so far          */
    int inside;                  /* depth within the wanted one; 0: not   */
    int atoms;                   /* read so far                           */
    int ways;                    /* texts that the classes of characters of
                                    the wanted group can make             */
    bool first;                  /* the wanted group's first atom is next */
    bool own;                    /* ... and does not begin the match      */
    bool anchored;               /* by a '^' at its beginning             */
    bool mute;                   /* look-around: emits nothing            */
    int depth;
    const pg_regex_fill_t *fill;
    char *out;
    apr_size_t n;
    apr_size_t room;
} reader_t;

static void read_alternatives(reader_t *r);

static void emit(reader_t *r, char c)
{
    if (r->out && !r->mute && r->n < r->room) {
        r->out[r->n++] = c;
    }
}

/* --- one character ------------------------------------------------------- */

static void add_range(bool *set, int first, int last)
{
    for (int c = first; c <= last; c++) {
        set[c] = true;
    }
}

/* \d, \w, \s and their opposites. @return false: c stands for itself */
static bool add_kind(bool *set, char c)
{
    bool opposite = apr_isupper(c);

    if (!strchr("dwshDWSH", c)) {
        return false;
    }
    for (int i = UCHAR_MAX; i; i--) {
        bool is = apr_tolower(c) == 'd' ? apr_isdigit(i)
                  : apr_tolower(c) == 'w' ? apr_isalnum(i) || i == '_'
                                          : apr_isspace(i);
        set[i] |= is != opposite;
    }
    return true;
}

/* "[:alpha:]" and so on, by name. @return what follows; NULL: not such a name,
 * as in "[[:x]" */
static const char *add_named(bool *set, const char *s)
{
    static const char *const names[] = { "alpha", "digit", "alnum", "xdigit",
                                         "lower", "upper", NULL };
    const char *end = s + 2 + strspn(s + 2, "^abcdefghijklmnopqrstuvwxyz");
    int which = 0;

    if (end[0] != ':' || end[1] != ']') {
        return NULL;
    }
    while (names[which] && strncmp(s + 2, names[which],
                                   (apr_size_t)(end - s - 2))) {
        which++;
    }
    for (int i = UCHAR_MAX; i; i--) {
        set[i] |= which == 0 ? apr_isalpha(i) : which == 1 ? apr_isdigit(i)
                  : which == 2 ? apr_isalnum(i) : which == 3 ? apr_isxdigit(i)
                  : which == 4 ? apr_islower(i) : which == 5 ? apr_isupper(i)
                                                             : true;
    }
    return end + 2;
}

/* A character class; r->at is after its '['. */
static void read_class(reader_t *r, bool *set)
{
    const char *s = r->at;
    bool opposite = *s == '^';
    const char *first = s += opposite;

    while (*s && (*s != ']' || s == first)) {
        const char *after = s[0] == '[' && s[1] == ':' ? add_named(set, s)
                                                       : NULL;
        if (after) {
            s = after;
            continue;
        }
        if (*s == '\\' && s[1]) {
            s++;
            if (add_kind(set, *s)) {
                s++;
                continue;
            }
        }
        if (s[1] == '-' && s[2] && s[2] != ']') {
            add_range(set, (unsigned char)*s, (unsigned char)s[2]);
            s += 3;
            continue;
        }
        set[(unsigned char)*s++] = true;
    }
    r->at = *s ? s + 1 : s;
    for (int i = UCHAR_MAX; opposite && i; i--) {
        set[i] = !set[i];
    }
}

static int size_of(const bool *set)
{
    int n = 0;

    for (int i = UCHAR_MAX; i; i--) {
        n += set[i];
    }
    return n;
}

/* The next character and what it may be; false: an anchor, nothing at all. */
static bool read_one(reader_t *r, bool *set)
{
    char c = *r->at++;

    if (c == '.') {
        add_range(set, 1, UCHAR_MAX);
    }
    else if (c == '[') {
        read_class(r, set);
    }
    else if (c == '\\' && *r->at) {
        c = *r->at++;
        if (strchr("bBAzZGQE", c)) {
            return false;
        }
        if (!add_kind(set, c)) {
            set[(unsigned char)c] = true;
        }
    }
    else if (c == '^' || c == '$') {
        return false;
    }
    else {
        set[(unsigned char)c] = true;
    }
    return true;
}

/* --- repetition ---------------------------------------------------------- */

typedef struct times_t {
    int least;
    int most;
} times_t;

static times_t read_times(reader_t *r)
{
    times_t t = { 1, 1 };
    char *end;

    if (*r->at == '*' || *r->at == '+' || *r->at == '?') {
        t.least = *r->at == '+';
        t.most = *r->at == '?' ? 1 : 256;
        r->at++;
    }
    else if (*r->at == '{' && apr_isdigit(r->at[1])) {
        t.least = t.most = (int)strtol(r->at + 1, &end, 10);
        if (*end == ',') {
            t.most = apr_isdigit(end[1]) ? (int)strtol(end + 1, &end, 10)
                                         : (end++, 256);
        }
        r->at = *end == '}' ? end + 1 : end;
    }
    else {
        return t;
    }
    if (*r->at == '?' || *r->at == '+') {
        r->at++;                     /* lazy, possessive                  */
    }
    return t;
}

/* --- what was read ------------------------------------------------------- */

/* "[1-4]" is a list like "(1|2|3|4)", and "[/@]" is not. */
static int ways_of(const bool *set)
{
    int n = size_of(set);

    for (int i = UCHAR_MAX; i && n > 1; i--) {
        if (set[i] && !apr_isalnum(i)) {
            return MOST_LISTED + 1;
        }
    }
    return n;
}

/* A group leads when it takes the '/' that a path begins with, or begins with
 * one of its own, whatever else may follow: "(/.*)", and not "(/?.*)". */
static void note(reader_t *r, const bool *set, times_t times, bool dot)
{
    bool several = size_of(set) > 1;

    if (r->inside && r->group) {
        for (int i = UCHAR_MAX; i; i--) {
            r->group->set[i] |= set[i];
        }
        /* a '.' that the author forgot to escape still counts as fixed */
        r->ways *= r->group->list && !dot ? ways_of(set) : 1;
        r->group->list &= times.most <= 1 && r->ways <= MOST_LISTED;
        if (set['/'] && ((r->atoms == 0 && (r->anchored
                                            || size_of(set) == UCHAR_MAX))
                         || (r->first && !several && times.least
                             && r->inside == 1))) {
            r->group->leads = true;
        }
        r->first = false;
    }
    r->atoms++;
}

/* One character of the set, as harmless as possible; another one for the third
 * alternative. */
static char any_of(const reader_t *r, const bool *set)
{
    static const char nice[] = "x1X/.-";
    int skip = r->fill->alternative == 2 && size_of(set) > 1;

    for (const char *c = nice; *c; c++) {
        if (set[(unsigned char)*c] && skip-- == 0) {
            return *c;
        }
    }
    for (int i = 33; i < 127; i++) {
        if (set[i] && skip-- <= 0) {
            return (char)i;
        }
    }
    return 'x';
}

static void emit_atom(reader_t *r, const bool *set, times_t times)
{
    int done = 0;

    if (size_of(set) > 1 && times.most > 1) {
        for (const char *c = r->fill->text; *c && done < times.most; c++) {
            if (set[(unsigned char)*c]) {
                emit(r, *c);
                done++;
            }
        }
    }
    else if (times.least == 0 && r->fill->alternative != 1) {
        emit(r, any_of(r, set));
    }
    while (done++ < times.least) {
        emit(r, any_of(r, set));
    }
}

/* --- groups -------------------------------------------------------------- */

/* What follows "(?". @return false: it is only an option */
static bool read_kind(reader_t *r, bool *captures)
{
    const char *s = r->at;

    *captures = true;
    if (*s != '?') {
        return true;
    }
    s++;
    if (*s == '=' || *s == '!' || (*s == '<' && strchr("=!", s[1]))) {
        r->mute = true;
        *captures = false;
        s += 1 + (*s == '<');
    }
    else if (*s == '<' || *s == 'P' || *s == '\'') {
        s += strcspn(s, ">')");
        s += *s == '>' || *s == '\'';
    }
    else {
        *captures = false;
        s += strcspn(s, ":)");
        if (*s == ')') {
            r->at = s + 1;
            return false;
        }
        s += *s == ':';
    }
    r->at = s;
    return true;
}

static void read_group(reader_t *r)
{
    bool captures, mute = r->mute, mine;
    apr_size_t from = r->n;
    times_t times;

    if (r->depth >= MOST_DEPTH) {
        r->at += strlen(r->at);
        return;
    }
    if (!read_kind(r, &captures)) {
        return;
    }
    mine = captures && ++r->groups == r->want && r->group;
    if (mine) {
        r->group->found = r->first = true;
        r->own = r->atoms > 0;
    }
    if (mine || r->inside) {
        r->inside++;
    }
    r->depth++;
    read_alternatives(r);
    r->depth--;
    r->at += *r->at == ')';
    times = read_times(r);
    if (r->inside) {
        r->inside--;
        if (r->inside && times.most > 1 && r->group) {
            r->group->list = false;
        }
    }
    if (times.least == 0 && r->fill && r->fill->alternative == 1) {
        r->n = from;
    }
    r->mute = mute;
}

static void read_piece(reader_t *r)
{
    bool set[UCHAR_MAX + 1] = { false }, dot;
    times_t times;

    if (*r->at == '(') {
        r->at++;
        read_group(r);
        return;
    }
    if (!read_one(r, set)) {
        return;
    }
    dot = r->at[-1] == '.' && r->atoms && apr_isalnum(r->at[-2]);
    times = read_times(r);
    note(r, set, times, dot);
    if (r->out) {
        emit_atom(r, set, times);
    }
}

static void read_sequence(reader_t *r)
{
    while (*r->at && *r->at != '|' && *r->at != ')') {
        read_piece(r);
    }
}

/* One more alternative of the wanted group, which begins with something
 * else than a '/' or may do without it. */
static bool leads_no_more(const reader_t *r)
{
    return r->group && r->inside == 1 && r->own && *r->at != ')'
           && (*r->at != '/' || (r->at[1] && strchr("?*{", r->at[1])));
}

static void read_alternatives(reader_t *r)
{
    apr_size_t start = r->n, kept;
    int chosen = r->fill ? r->fill->alternative : 0;

    read_sequence(r);
    kept = r->n;
    for (int i = 1; *r->at == '|'; i++) {
        r->at++;
        if (leads_no_more(r)) {
            r->group->leads = false;
        }
        r->n = i == chosen ? start : kept;
        read_sequence(r);
        kept = i == chosen ? r->n : kept;
        r->n = kept;
    }
}

/* A pattern that compiles has no unmatched ')'. */
static void read_whole(reader_t *r)
{
    do {
        read_alternatives(r);
    } while (*r->at && r->at++);
}

void pg_regex_group(const char *pattern, int n, pg_regex_group_t *out)
{
    reader_t r = { .at = pattern, .want = n, .group = out, .ways = 1 };

    *out = (pg_regex_group_t){ .list = true, .found = n == 0 };
    r.anchored = *pattern == '^';
    r.inside = n == 0;
    read_whole(&r);
}

const char *pg_regex_sample(const char *pattern, const pg_regex_fill_t *fill,
                            apr_pool_t *pool)
{
    reader_t r = { .at = pattern, .fill = fill };

    r.room = strlen(pattern) * 8 + strlen(fill->text) * 8 + 64;
    r.out = apr_palloc(pool, r.room + 1);
    read_whole(&r);
    r.out[r.n] = '\0';
    return r.out;
}

bool pg_regex_takes_all(const char *pattern)
{
    static const char *const all[] = {
        "", "^", "$", "^$|", ".", "^.", ".$", ".*", "^.*", ".*$", "^.*$",
        "(.*)", "^(.*)", "^(.*)$", "(.*)$", ".+", "^.+", ".+$", "^.+$",
        "(.+)", "^(.+)", "^(.+)$", "(.+)$", "/*", "^/*", "^/?", "^/?(.*)$",
        "^/?(.*)", NULL
    };

    for (int i = 0; all[i]; i++) {
        if (strcmp(pattern, all[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool pg_regex_branches(const char *pattern)
{
    int depth = 0;

    for (; *pattern; pattern++) {
        if (*pattern == '\\' && pattern[1]) {
            pattern++;
            continue;
        }
        depth += (*pattern == '(') - (*pattern == ')');
        if (*pattern == '|' && depth <= 0) {
            return true;
        }
    }
    return false;
}

const char *pg_regex_prefix(const char *pattern, bool *whole,
                            apr_pool_t *pool)
{
    const char *s = pattern + 1;
    char *out = apr_palloc(pool, strlen(pattern));    /* less the '^'     */
    apr_size_t n = 0;

    *whole = false;
    if (*pattern != '^' || strchr(pattern, '|')) {
        return "";
    }
    while (*s && !strchr(".[](){}*+?$^", *s)) {
        s += *s == '\\' && s[1] && !apr_isalnum(s[1]);
        if (*s == '\\') {
            break;
        }
        out[n++] = *s++;
    }
    n -= n && *s && strchr("*?{", *s);
    out[n] = '\0';
    *whole = *s == '\0' || !strcmp(s, ".*") || !strcmp(s, ".*$")
             || !strcmp(s, "(.*)") || !strcmp(s, "(.*)$");
    return out;
}

const char *pg_regex_suffix(const char *pattern, const char **from,
                            apr_pool_t *pool)
{
    apr_size_t n = strlen(pattern);
    char *out = apr_pcalloc(pool, n + 1);
    char *at = out + n;

    if (n == 0 || pattern[n - 1] != '$' || strchr(pattern, '|')) {
        return "";
    }
    for (n--; n; n--) {
        char c = pattern[n - 1];
        bool escaped = n > 1 && pattern[n - 2] == '\\';
        if (escaped ? apr_isalnum(c) : !apr_isalnum(c) && c != '-') {
            break;
        }
        *--at = c;
        n -= escaped;
        *from = pattern + n - 1;
    }
    return at;
}
