/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_dest.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "pg_regex.h"
#include "pg_targets.h"
#include "pg_tree.h"

/* What a part of the target that is inserted at run time may be. */
typedef enum part_e {
    PART_FIXED,                  /* the server's own, or one of a list    */
    PART_PORT,                   /* an own name, and any port             */
    PART_PATH,                   /* begins with '/': the host ends here   */
    PART_FREE,                   /* whatever the client sends             */
    PART_UNKNOWN
} part_e;

typedef struct piece_t {
    part_e part;
    bool set[UCHAR_MAX + 1];     /* PART_FREE: of these characters        */
    bool merged;                 /* from a path: never with "//" in it    */
} piece_t;

typedef struct reader_t {
    const pg_dest_t *d;
    const pg_scene_t *scene;
    bool names;                  /* Host can be any name                  */
    const char *at;              /* of the target                         */
    const char *from;            /* where its host begins                 */
    const char *piece;           /* where the last piece does             */
    bool host;                   /* some of the host's text was read      */
    bool port;                   /* its ':' was read                      */
    bool path;                   /* a path ended the host                 */
    pg_choice_e out;
} reader_t;

static void read_piece(const reader_t *r, const char **s, piece_t *out);

static void raise_to(reader_t *r, pg_choice_e chosen)
{
    if (chosen > r->out) {
        r->out = chosen;
    }
}

static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* more NULL: any character */
static void allow(piece_t *p, const char *more)
{
    p->part = PART_FREE;
    for (int i = UCHAR_MAX; i; i--) {
        p->set[i] = more == NULL || strchr(plain, i) || strchr(more, i);
    }
}

static void allow_only(piece_t *p, const bool *set)
{
    for (int i = UCHAR_MAX; i; i--) {
        p->set[i] &= set[i];
    }
}

/* --- what conditions pin ------------------------------------------------- */

/* A guess at the public suffix list: any top-level domain that is not for
 * private networks, and "co.uk" and its like. */
bool pg_dest_is_public(const char *domain)
{
    static const char *const private_ones[] = {
        "local", "localdomain", "localhost", "internal", "intranet", "private",
        "corp", "home", "lan", "svc", "consul", "test", NULL
    };
    static const char *const second[] = { "co", "com", "net", "org", "ac",
                                          "gov", "edu", "ne", "or", NULL };
    const char *dot = strchr(domain, '.');
    apr_size_t n = strcspn(domain, ".");

    for (int i = 0; !dot && private_ones[i]; i++) {
        if (pg_tree_same(domain, private_ones[i])) {
            return false;
        }
    }
    for (int i = 0; dot && second[i]; i++) {
        if (n == strlen(second[i]) && pg_tree_begins(domain, second[i])) {
            return strlen(dot) == 3 && apr_isalpha(dot[1])
                   && apr_isalpha(dot[2]);
        }
    }
    return dot == NULL;
}

/* "^(.+\.)?own\.example$": the domain, or a name below it. `rest` is the
 * domain. */
static bool is_optional_below(const char *pattern, const char *rest)
{
    return strncmp(pattern, "^(", 2) == 0 && !strchr(pattern + 2, '(')
           && rest - pattern > 6 && strncmp(rest - 4, "\\.)?", 4) == 0;
}

/* Does this pattern match only the administrator's names? A name below one of
 * them counts as well. */
static bool pins(const pg_cond_t *c, const char *name, apr_pool_t *pool)
{
    pg_regex_group_t whole;
    apr_size_t n = strlen(c->pattern);
    const char *end, *rest;

    if (strcmp(c->input, apr_pstrcat(pool, "%{", name, "}", NULL))) {
        return false;
    }
    if (c->test != PG_TEST_REGEX) {
        return c->test == PG_TEST_EQUAL;
    }
    if (n < 2 || c->pattern[n - 1] != '$') {
        return false;
    }
    pg_regex_group(c->pattern, 0, &whole);
    if (*c->pattern == '^' && whole.list) {
        return !pg_regex_branches(c->pattern);
    }
    end = pg_regex_suffix(c->pattern, &rest, pool);
    return strcmp(name, "HTTP_HOST") == 0 && *end
           && !pg_dest_is_public(end + (*end == '.'))
           && strspn(end, ".0123456789") != strlen(end)
           && (*end == '.' || is_optional_below(c->pattern, rest));
}

/* Do all requests end here, except those that meet the one condition? */
static const pg_cond_t *gatekeeper(const pg_rewriterule_t *rule)
{
    bool ends = (rule->flags & (PG_REWRITE_STATUS | PG_REWRITE_R)) != 0;

    return ends && rule->cond_count == 1 && rule->cond[0].negate
           && !(rule->flags & PG_REWRITE_NEGATE)
           && pg_regex_takes_all(rule->pattern) ? &rule->cond[0] : NULL;
}

/* Is the variable pinned by a condition of the rule, or by an earlier rule
 * that refuses everything else? */
static bool is_pinned(const reader_t *r, const char *name)
{
    const pg_rewriterule_t *rule = r->d->rule;
    apr_pool_t *pool = r->scene->pool;

    for (int i = 0; rule && i < rule->cond_count; i++) {
        const pg_cond_t *c = &rule->cond[i];
        bool alone = !c->or_next && (i == 0 || !c[-1].or_next);
        if (alone && !c->negate && pins(c, name, pool)) {
            return true;
        }
    }
    for (int i = 0; rule && i < r->d->rules->nelts; i++) {
        const pg_rewriterule_t *one = &APR_ARRAY_IDX(r->d->rules, i,
                                                     pg_rewriterule_t);
        const pg_cond_t *c;
        if (one->at == rule->at || one->flags & (PG_REWRITE_C | PG_REWRITE_N)
            || one->skip) {
            return false;
        }
        c = gatekeeper(one);
        if (c && pins(c, name, pool)) {
            return true;
        }
    }
    return false;
}

/* --- parts --------------------------------------------------------------- */

static void host_piece(const reader_t *r, piece_t *out, bool port)
{
    if (!r->names) {
        out->part = port ? PART_PORT : PART_FIXED;
        return;
    }
    allow(out, port ? ".-_:[]" : ".-_[]");
}

static void variable_piece(const reader_t *r, const char *name, piece_t *out)
{
    static const char *const fixed[] = {
        "SERVER_ADDR", "SERVER_PROTOCOL", "REQUEST_SCHEME", "HTTPS",
        "DOCUMENT_ROOT", "SERVER_ADMIN", "SERVER_SOFTWARE", NULL
    };
    static const char *const paths[] = { "REQUEST_URI", "SCRIPT_URL",
                                         "REQUEST_FILENAME",
                                         "SCRIPT_FILENAME", NULL };

    out->part = PART_UNKNOWN;
    for (int i = 0; fixed[i]; i++) {
        out->part = strcmp(fixed[i], name) ? out->part : PART_FIXED;
    }
    for (int i = 0; paths[i]; i++) {
        out->part = strcmp(paths[i], name) ? out->part : PART_PATH;
    }
    if (out->part != PART_UNKNOWN) {
        return;
    }
    if (is_pinned(r, name)) {
        out->part = PART_FIXED;
    }
    else if (!strcmp(name, "HTTP_HOST") || pg_tree_same(name, "HTTP:Host")) {
        host_piece(r, out, true);
    }
    else if (!strcmp(name, "SERVER_NAME")) {
        out->part = PART_FIXED;
        if (!r->scene->canonical) {
            host_piece(r, out, false);
        }
    }
    else if (!strcmp(name, "SERVER_PORT")) {
        out->part = r->scene->canonical ? PART_FIXED : PART_PORT;
    }
    else if (pg_tree_begins(name, "HTTP") || !strcmp(name, "QUERY_STRING")) {
        allow(out, NULL);
    }
    else if (!strcmp(name, "REQUEST_METHOD")) {
        allow(out, "!#$%&'*+-.^_`|~");   /* any token: RFC 9110 9.1       */
    }
}

/* The group of a pattern; `from`: what the subject can hold. */
static void group_piece(const char *pattern, int n, const piece_t *from,
                        piece_t *out)
{
    pg_regex_group_t group;

    pg_regex_group(pattern, n, &group);
    if (!group.found) {
        out->part = PART_FIXED;
        return;
    }
    out->part = group.list && n ? PART_FIXED : PART_FREE;
    memcpy(out->set, group.set, sizeof(out->set));
    if (from) {
        allow_only(out, from->set);
    }
    else if (group.leads) {
        out->part = PART_PATH;
    }
}

/* $n */
static void path_piece(const reader_t *r, int n, piece_t *out)
{
    const pg_dest_t *d = r->d;
    piece_t kept = { .part = PART_FREE };
    bool negate = d->rule && d->rule->flags & PG_REWRITE_NEGATE;

    out->part = PART_FIXED;
    if (d->pattern == NULL || negate) {
        return;
    }
    group_piece(d->pattern, n, NULL, out);
    out->merged = !r->scene->keep_slashes;
    if (out->part == PART_PATH && d->bare_path) {
        allow(out, NULL);
    }
    if (d->rule && d->rule->flags & PG_REWRITE_B) {
        allow(&kept, "_");
        allow_only(out, kept.set);
    }
}

/* %n: of the condition that matched last. */
static void cond_piece(const reader_t *r, int n, piece_t *out)
{
    const pg_rewriterule_t *rule = r->d->rule;
    const pg_cond_t *last = NULL;
    bool several = false;
    piece_t input = { .part = PART_UNKNOWN };
    const char *s;

    for (int i = 0; rule && i < rule->cond_count; i++) {
        const pg_cond_t *c = &rule->cond[i];
        if (c->test == PG_TEST_REGEX && !c->negate) {
            several |= c->or_next || (last && last->or_next);
            last = c;
        }
        several |= c->test == PG_TEST_EXPR;
    }
    out->part = last || several ? PART_UNKNOWN : PART_FIXED;
    if (last == NULL || several) {
        return;
    }
    s = last->input;
    if (*s != '%' && *s != '$') {
        return;
    }
    read_piece(r, &s, &input);
    if (input.part == PART_PATH) {
        group_piece(last->pattern, n, NULL, out);
    }
    else if (*s) {
        return;                      /* the group may be of what follows  */
    }
    else if (input.part == PART_FREE) {
        group_piece(last->pattern, n, &input, out);
    }
    else {
        out->part = input.part;
    }
}

/* ${map:key|default} */
static void map_piece(const reader_t *r, const char *text, piece_t *out)
{
    apr_pool_t *pool = r->scene->pool;
    const char *colon = strchr(text, ':'), *bar, *map;

    out->part = PART_UNKNOWN;
    if (colon == NULL) {
        return;
    }
    map = pg_rewrite_map(r->scene, apr_pstrmemdup(pool, text,
                                       (apr_size_t)(colon - text)));
    bar = strrchr(colon, '|');
    if (map && pg_tree_begins(map, "int:")) {
        colon++;
        if (*colon == '$' || *colon == '%') {
            read_piece(r, &colon, out);
            out->part = *colon ? PART_UNKNOWN : out->part;
            if (out->part == PART_FREE && pg_tree_same(map, "int:unescape")) {
                allow(out, NULL);
            }
        }
        return;
    }
    if (!strpbrk(bar ? bar : "", "$%")
        && (map == NULL || pg_tree_begins(map, "txt:")
            || pg_tree_begins(map, "rnd:")
            || pg_tree_begins(map, "dbm"))) {
        out->part = PART_FIXED;
    }
}

/* Take the piece at *s. */
static void read_piece(const reader_t *r, const char **s, piece_t *out)
{
    const char kind = *(*s)++, *name;

    if (apr_isdigit(**s)) {
        (kind == '$' ? path_piece : cond_piece)(r, *(*s)++ - '0', out);
        return;
    }
    name = pg_rewrite_braced(s, r->scene->pool);
    if (name == NULL) {
        out->part = PART_FIXED;
    }
    else if (kind == '%') {
        variable_piece(r, name, out);
    }
    else if (r->d->rule) {
        map_piece(r, name, out);
    }
    else {
        out->part = PART_UNKNOWN;    /* the environment's                 */
    }
}

/* --- the target ---------------------------------------------------------- */

static bool is_special(const reader_t *r, char c)
{
    return c && strchr(r->d->special, c);
}

static bool has_text(const bool *set)
{
    const char *c = plain;

    while (*c && !set[(unsigned char)*c]) {
        c++;
    }
    return *c != '\0';
}

/* What the host has to end with, at s: is it somebody's own domain? */
static pg_choice_e by_suffix(const char *s, apr_pool_t *pool)
{
    apr_size_t n = strcspn(s, "/?:$%");
    bool root = n > 1 && s[n - 1] == '.' && s[n] != '$' && s[n] != '%';
    const char *end = apr_pstrmemdup(pool, s, n - root);
    const char *dot = strchr(end, '.');

    return dot && !pg_dest_is_public(dot + 1) ? PG_CHOICE_NOT
           : *s == '.' ? PG_CHOICE_HOST : PG_CHOICE_MAYBE;
}

/* Is the host the beginning of an address, so far? */
static bool is_address(const reader_t *r)
{
    apr_size_t n = (apr_size_t)(r->piece - r->from);

    return n && (*r->from == '[' || strspn(r->from, "0123456789.") >= n);
}

static void free_piece(reader_t *r, const piece_t *p)
{
    const char *s = r->at;
    /* a '#' cuts off the rest, and so does a '?' where it is let through */
    bool ends = p->set['/'] || p->set['#'] || p->set['?'] || *s == '\0'
                || strchr("/?$%]", *s) || (*s == ':' && !r->port);
    bool digits = p->set['8'] || p->set['1'];

    if (p->set['@'] || !r->host) {
        if (has_text(p->set)) {
            raise_to(r, ends ? PG_CHOICE_HOST
                             : by_suffix(s, r->scene->pool));
        }
    }
    else if (!r->port && has_text(p->set)) {
        raise_to(r, !ends ? by_suffix(s, r->scene->pool)
                    : (p->set['.'] && p->set['x']) || is_address(r)
                        ? PG_CHOICE_HOST : PG_CHOICE_MAYBE);
    }
    if (digits && (r->port || (r->host && p->set[':']))) {
        raise_to(r, PG_CHOICE_PORT);
    }
}

/* One step in the host. @return false: the host ended */
static bool step(reader_t *r)
{
    piece_t piece = { .part = PART_FIXED };

    if (*r->at == '\0' || *r->at == '/' || *r->at == '?') {
        return false;
    }
    r->piece = r->at;
    if (is_special(r, *r->at)) {
        read_piece(r, &r->at, &piece);
    }
    else {
        r->port |= *r->at == ':' && strchr(r->at, ']') == NULL;
        r->at++;
    }
    if (piece.part == PART_FREE) {
        free_piece(r, &piece);
    }
    else if (piece.part == PART_PORT || piece.part == PART_UNKNOWN) {
        raise_to(r, piece.part == PART_PORT ? PG_CHOICE_PORT
                                            : PG_CHOICE_MAYBE);
    }
    r->host = true;
    r->path = piece.part == PART_PATH;
    return !r->path;
}

/* A path alone goes to this server, under the name that the client uses. */
static void own_path(reader_t *r)
{
    piece_t piece = { .part = PART_FIXED };

    if (r->d->rule == NULL || r->d->whole || r->scene->canonical
        || is_pinned(r, "HTTP_HOST")) {
        return;
    }
    host_piece(r, &piece, true);
    raise_to(r, piece.part == PART_FREE ? PG_CHOICE_HOST : PG_CHOICE_PORT);
}

/* Can it hold "scheme://host"? */
static bool holds_url(const piece_t *p)
{
    return p->part == PART_FREE && !p->merged && p->set['/'] && p->set[':'];
}

/* A target without "://" of its own. */
static void without_scheme(reader_t *r)
{
    piece_t piece = { .part = PART_FIXED };

    if (!is_special(r, *r->at)) {
        /* "http:/$1" may become a URL all the same */
        if (*r->at != '/' && strpbrk(r->at, r->d->special)) {
            raise_to(r, PG_CHOICE_HOST);
        }
        own_path(r);
        return;
    }
    read_piece(r, &r->at, &piece);
    if (holds_url(&piece)) {
        raise_to(r, PG_CHOICE_HOST);
    }
    else if (piece.part == PART_UNKNOWN) {
        raise_to(r, PG_CHOICE_MAYBE);
    }
    else {
        if (*r->at && piece.part != PART_PATH) {
            raise_to(r, PG_CHOICE_HOST);     /* "$1//$2"                  */
        }
        own_path(r);
    }
}

/* Skip the scheme. @return false: it sends no request anywhere */
static bool skip_scheme(reader_t *r, const char *colon)
{
    apr_size_t n = (apr_size_t)(colon - r->at);
    const char *scheme = apr_pstrmemdup(r->scene->pool, r->at, n);

    if (!strpbrk(scheme, r->d->special)) {
        r->at = colon + 3;
        return pg_targets_carries(r->scene->in, scheme, r->scene->proxy_tls);
    }
    while (r->at < colon) {
        piece_t piece = { .part = PART_FIXED };
        if (!is_special(r, *r->at)) {
            r->at++;
            continue;
        }
        read_piece(r, &r->at, &piece);
        if (holds_url(&piece)) {
            raise_to(r, PG_CHOICE_HOST);
        }
    }
    r->at = colon + 3;
    return true;
}

/* --- rules that are never reached ---------------------------------------- */

/* Does every path that `later` matches end at `rule`? */
static bool takes_from(const pg_rewriterule_t *later,
                       const pg_rewriterule_t *rule, apr_pool_t *pool)
{
    const char *prefix, *other;
    bool whole, unused;

    if (rule->cond_count || rule->flags & PG_REWRITE_NEGATE) {
        return false;
    }
    if (pg_regex_takes_all(rule->pattern)) {
        return true;
    }
    prefix = pg_regex_prefix(rule->pattern, &whole, pool);
    other = pg_regex_prefix(later->pattern, &unused, pool);
    return whole && *prefix && !(later->flags & PG_REWRITE_NEGATE)
           && !((later->flags & ~rule->flags) & PG_REWRITE_NC)
           && strncmp(prefix, other, strlen(prefix)) == 0;
}

/* Is the beginning of the pattern one that no subject has? Paths begin with a
 * '/', except in a <Directory>; in a <Location>, rules see the file name. */
static bool is_misplaced(const reader_t *r)
{
    const pg_dest_t *d = r->d;
    const char *root = r->scene->root, *prefix;
    apr_size_t n, m = strlen(root);
    bool unused;

    if (!d->rule || d->rule->flags & PG_REWRITE_NEGATE) {
        return false;
    }
    prefix = pg_regex_prefix(d->pattern, &unused, r->scene->pool);
    n = strlen(prefix);
    if (n == 0 || ((d->bare_path || d->sees_file)
                   && pg_tree_begins(prefix, "proxy:"))) {
        return false;
    }
    return d->bare_path ? *prefix == '/'
           : *prefix != '/' || (d->sees_file
                                && strncmp(prefix, root, n < m ? n : m));
}

static bool is_dead(const reader_t *r)
{
    const unsigned ends = PG_REWRITE_STATUS | PG_REWRITE_R | PG_REWRITE_P;
    const pg_rewriterule_t *rule = r->d->rule;
    bool dead = false;

    for (int i = 0; rule && i < r->d->rules->nelts; i++) {
        const pg_rewriterule_t *one = &APR_ARRAY_IDX(r->d->rules, i,
                                                     pg_rewriterule_t);
        bool stays = (one->flags & PG_REWRITE_NOSUB) != 0;
        bool last = (one->flags & (PG_REWRITE_L | PG_REWRITE_END)) != 0;
        if (one->at == rule->at) {
            return dead;
        }
        if (one->skip || one->flags & (PG_REWRITE_C | PG_REWRITE_N)) {
            return false;
        }
        dead |= (one->flags & ends || (last && stays))
                && takes_from(r->d->rule, one, r->scene->pool);
        if (!stays && !(one->flags & ends) && !last) {
            return false;            /* another path from here on         */
        }
    }
    return false;
}

/* The socket of "unix:path|URL". */
static pg_choice_e socket_chosen(reader_t *r)
{
    while (*r->at && *r->at != '|') {
        piece_t piece = { .part = PART_FIXED };
        if (!is_special(r, *r->at)) {
            r->at++;
            continue;
        }
        read_piece(r, &r->at, &piece);
        if (piece.part == PART_UNKNOWN
            || (piece.part == PART_FREE && piece.set['/'])) {
            raise_to(r, PG_CHOICE_HOST);
        }
    }
    return r->out;
}

/* In a rule, a backslash makes the next character an ordinary one. */
static const char *without_backslashes(const char *text, apr_pool_t *pool)
{
    char *out = apr_pstrdup(pool, text), *to = out;

    for (; *text; text++) {
        bool plain_one = *text == '\\' && text[1];
        text += plain_one;
        *to++ = plain_one && strchr("$%", *text) ? 'x' : *text;
    }
    *to = '\0';
    return out;
}

/* Can the client add to the host after it has been read? "ProxyPass /
 * http://host": what is left of the path is added to the host, so that
 * /.elsewhere.example/ goes to host.elsewhere.example. [NE] puts the query
 * there: http://host?@elsewhere.example/ */
static bool takes_more(const reader_t *r)
{
    const pg_rewriterule_t *rule = r->d->rule;
    apr_size_t n = r->d->prefix ? strlen(r->d->prefix) : 0;

    if (r->path) {
        return false;
    }
    if (*r->at == '\0') {
        return (n && r->d->prefix[n - 1] == '/')
               || (rule && rule->flags & PG_REWRITE_NE);
    }
    return *r->at == '?' && rule && rule->flags & PG_REWRITE_NE
           && (rule->flags & PG_REWRITE_QSA
               || strpbrk(r->at, r->d->special));
}

pg_choice_e pg_dest_chosen(const pg_dest_t *d, const pg_scene_t *scene,
                           bool names)
{
    reader_t r = { .d = d, .scene = scene, .names = names, .at = d->target };
    const char *colon;

    if (d->rule) {
        r.at = without_backslashes(d->target, scene->pool);
    }
    if (pg_tree_begins(r.at, "balancer:") || is_misplaced(&r)
        || is_dead(&r)) {
        return PG_CHOICE_NOT;
    }
    if (pg_tree_begins(r.at, "unix:")) {
        return socket_chosen(&r);
    }
    colon = strstr(r.at, "://");
    if (colon == NULL) {
        without_scheme(&r);
        return r.out;
    }
    if (!skip_scheme(&r, colon)) {
        return PG_CHOICE_NOT;
    }
    r.from = r.piece = r.at;
    while (step(&r)) {
    }
    if (takes_more(&r)) {            /* whatever it likes, an '@' as well  */
        raise_to(&r, PG_CHOICE_HOST);
    }
    return r.out;
}
