/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_logformat.h"

#include <apr_strings.h>

typedef struct named_t {
    const char *name;
    const char *text;
} named_t;

/* As in Debian's apache2.conf and nginx. The longest first: the others are
 * prefixes of it, and "common" would match any of them. */
static const named_t named[] = {
    { "vhost_combined", "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" "
                        "\"%{User-Agent}i\"" },
    { "combined", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" "
                  "\"%{User-Agent}i\"" },
    { "vhost_common", "%v:%p %h %l %u %t \"%r\" %>s %b" },
    { "common", "%h %l %u %t \"%r\" %>s %b" },
};

static const char *const names[] = {
    "vhost_combined", "combined", "vhost_common", "common", NULL
};

typedef struct alias_t {
    const char *name;
    pg_field_e field;
} alias_t;

#define ROW_HTTPD(sym, httpd, nginx) { httpd, PG_FIELD_##sym },
#define ROW_NGINX(sym, httpd, nginx) { nginx, PG_FIELD_##sym },

static const alias_t httpd_fields[] = {
    PG_FIELDS(ROW_HTTPD)
    { "a", PG_FIELD_CLIENT },
    { "{c}a", PG_FIELD_CLIENT },
    { "B", PG_FIELD_SIZE },
    { "O", PG_FIELD_SIZE },
    { "{canonical}p", PG_FIELD_PORT },
    { "{local}p", PG_FIELD_PORT },
};

static const alias_t nginx_fields[] = {
    PG_FIELDS(ROW_NGINX)
    { "time_iso8601", PG_FIELD_TIME },
    { "msec", PG_FIELD_TIME },
    { "bytes_sent", PG_FIELD_SIZE },
};

#undef ROW_HTTPD
#undef ROW_NGINX

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

const char *const *pg_logformat_named(void)
{
    return names;
}

/* --- compiling ----------------------------------------------------------- */

/* A format being compiled: literal text gathers until a field ends it. */
typedef struct build_t {
    pg_logformat_t *format;
    bool sent;                   /* the next field is %O or $bytes_sent   */
    bool dated;                  /* the last field was a date             */
    char *literal;
    apr_size_t used;
    apr_size_t begun;            /* where in literal the current one begins */
} build_t;

static pg_field_e field_of(const alias_t *rows, apr_size_t n, pg_span_t name)
{
    bool header = name.len > 0 && name.ptr[0] == '{';

    for (apr_size_t i = 0; i < n; i++) {
        pg_span_t row = pg_span_str(rows[i].name);
        if (row.len && (header ? pg_span_ieq(row, name)
                               : pg_span_eq(row, name))) {
            return rows[i].field;
        }
    }
    return PG_FIELD_SKIP;
}

static void add_literal(build_t *b, char c)
{
    b->literal[b->used++] = c;
}

static const char *add_field(build_t *b, pg_field_e field)
{
    pg_logformat_t *f = b->format;
    pg_span_t before = pg_span_make(b->literal + b->begun,
                                    b->used - b->begun);
    pg_piece_t *piece = &f->piece[f->pieces];

    if (f->pieces && before.len == 0) {
        if (field == PG_FIELD_SKIP
            && f->piece[f->pieces - 1].field == PG_FIELD_SKIP) {
            return NULL;
        }
        return "has two fields with nothing between them";
    }
    if (f->pieces == PG_FORMAT_PIECES) {
        return "has over 64 fields";
    }
    if (field != PG_FIELD_SKIP && f->has[field]) {
        field = PG_FIELD_SKIP;   /* the first one counts                  */
    }
    f->sent = f->sent || (field == PG_FIELD_SIZE && b->sent);
    piece->before = before;
    piece->field = field;
    piece->quoted = before.len && before.ptr[before.len - 1] == '"';
    f->has[field] = true;
    f->pieces++;
    b->begun = b->used;
    return NULL;
}

/* Does a %{format}t have a date? %s and "msec" have clock and zone as well. */
static bool has_date(pg_span_t directive)
{
    for (apr_size_t i = 0; i + 1 < directive.len; i++) {
        if (directive.ptr[i] == '%' && strchr("YFc", directive.ptr[i + 1])) {
            return true;
        }
    }
    return false;
}

/* The rest of the date before it: a clock, a fraction, a zone. httpd has no
 * fraction in its formats, so %{...%T}t.%{msec_frac}t %{%z}t is one time. */
static bool is_rest(const build_t *b, pg_span_t directive)
{
    return b->dated && b->used - b->begun == 1
           && strchr(" .,:T", b->literal[b->begun])
           && !has_date(directive) && !pg_span_has(directive, "%s")
           && (pg_span_has(directive, "%")
               || pg_span_has(directive, "_frac}"));
}

/* %t writes its own brackets; %{format}t writes what it says. */
static const char *add_time(build_t *b, pg_span_t directive)
{
    pg_logformat_t *f = b->format;
    bool plain = directive.len == 1, joins = is_rest(b, directive);
    bool first = !f->has[PG_FIELD_TIME];
    const char *wrong;

    if (plain) {
        add_literal(b, '[');
    }
    wrong = add_field(b, joins ? PG_FIELD_SKIP : PG_FIELD_TIME);
    if (wrong == NULL && plain) {
        add_literal(b, ']');
    }
    if (wrong == NULL && joins) {
        f->piece[f->pieces - 1].joins = true;
    }
    b->dated = joins || (first && has_date(directive));
    f->month_first = f->month_first
                     || (first && pg_span_has(directive, "%m/%d"));
    return wrong;
}

/* A directive after its '%' at *at: [!]codes [<>^] [{name}] letter. */
static const char *add_directive(build_t *b, const char **at)
{
    const char *s = *at;
    const char *name;
    pg_span_t span;

    s += strspn(s, "!0123456789,<>");
    if (*s == '^') {             /* %^FB, %^ti, %^to                      */
        b->dated = false;
        *at = s + (s[1] && s[2] ? 3 : strlen(s));
        return add_field(b, PG_FIELD_SKIP);
    }
    name = s;
    if (*s == '{') {
        s = strchr(s, '}');
        if (s == NULL) {
            return "has a '%{' without its '}'";
        }
        s++;
    }
    if (!pg_octet_is_alpha(*s)) {
        return "has a '%' with no directive after it";
    }
    *at = s + 1;
    span = pg_span_make(name, (apr_size_t)(s + 1 - name));
    b->sent = *s == 'O';
    if (*s == 't') {
        return add_time(b, span);
    }
    b->dated = false;
    return add_field(b, field_of(httpd_fields, COUNT_OF(httpd_fields), span));
}

static const char *add_variable(build_t *b, const char **at)
{
    const char *s = *at;
    apr_size_t n = 0;

    if (*s == '{') {
        s++;
    }
    while (pg_octet_is_alpha(s[n]) || pg_octet_is_digit(s[n]) || s[n] == '_') {
        n++;
    }
    *at = s + n + (s[n] == '}' && s != *at ? 1 : 0);
    b->sent = pg_span_eq(pg_span_make(s, n), PG_SPAN("bytes_sent"));
    return add_field(b, field_of(nginx_fields, COUNT_OF(nginx_fields),
                                 pg_span_make(s, n)));
}

static char unescape(char c)
{
    return c == 't' ? '\t' : c == 'n' ? '\n' : c;
}

static const char *compile_text(build_t *b, const char *s)
{
    const char *wrong = NULL;

    while (*s && wrong == NULL) {
        char c = *s++;
        if (c == '\\' && *s) {
            add_literal(b, unescape(*s++));
        }
        else if (c == '%' && *s == '%') {
            add_literal(b, *s++);
        }
        else if (c == '%') {
            wrong = add_directive(b, &s);
        }
        else if (c == '$' && (pg_octet_is_alpha(*s) || *s == '{')) {
            wrong = add_variable(b, &s);
        }
        else {
            add_literal(b, c);
        }
    }
    return wrong;
}

/* `LogFormat "..." nick` and `"..."` -> the text between the quotes; a format
 * that only begins with a quoted field stays as it is. */
static const char *strip_directive(const char *text, apr_pool_t *pool)
{
    const char *s = text + strspn(text, " \t");
    bool directive = pg_span_istarts(pg_span_str(s), PG_SPAN("LogFormat"));
    const char *end;

    if (directive) {
        s += strlen("LogFormat");
        s += strspn(s, " \t");
    }
    if (*s != '"') {
        return directive ? s : text;
    }
    for (end = s + 1; *end && *end != '"'; end++) {
        if (*end == '\\' && end[1]) {
            end++;
        }
    }
    if (!directive && strlen(end) != 1) {
        return text;
    }
    return apr_pstrmemdup(pool, s + 1, (apr_size_t)(end - s - 1));
}

/* The literal before the request, if no '"' can precede it in a line except
 * one that the server has escaped. */
static void find_anchor(pg_logformat_t *f)
{
    for (int i = 0; i < f->pieces; i++) {
        pg_span_t before = f->piece[i].before;
        if (pg_span_find(before, '"') == before.len) {
            continue;
        }
        if (f->piece[i].field == PG_FIELD_REQUEST && f->piece[i].quoted
            && pg_span_find(before, '"') == before.len - 1) {
            f->anchor = before;
        }
        return;
    }
}

static const char *check_whole(const pg_logformat_t *f)
{
    if (!f->has[PG_FIELD_REQUEST]
        && !(f->has[PG_FIELD_METHOD] && f->has[PG_FIELD_TARGET])) {
        return "does not log the request line (%r): attempts could not be "
               "told from requests for pages";
    }
    return NULL;
}

const char *pg_logformat_compile(pg_logformat_t *out, const char *text,
                                 apr_pool_t *pool)
{
    build_t b = { .format = out };
    const char *wrong;

    memset(out, 0, sizeof(*out));
    out->name = apr_pstrdup(pool, text);
    for (apr_size_t i = 0; i < COUNT_OF(named); i++) {
        if (!strcmp(text, named[i].name)) {
            text = named[i].text;
            out->tail = true;    /* sites append fields of their own      */
            break;
        }
    }
    text = strip_directive(text, pool);
    /* Each octet becomes at most three of literal: the brackets of %t. */
    b.literal = apr_palloc(pool, strlen(text) * 3 + 1);
    wrong = compile_text(&b, text);
    out->after = pg_span_make(b.literal + b.begun, b.used - b.begun);
    if (wrong == NULL) {
        wrong = check_whole(out);
    }
    find_anchor(out);
    return wrong;
}

/* --- matching ------------------------------------------------------------ */

/* Is the octet at p escaped, that is, preceded by an odd number of
 * backslashes? */
static inline bool is_escaped(const char *begin, const char *p)
{
    const char *s = p;

    while (s > begin && s[-1] == '\\') {
        s--;
    }
    return (p - s) & 1;
}

/* Literals are short. */
static inline bool begins_with(const char *s, pg_span_t literal)
{
    apr_size_t i = 0;

    while (i < literal.len && s[i] == literal.ptr[i]) {
        i++;
    }
    return i == literal.len;
}

/* The first `end` in s, or s.len. In a quoted field an escaped quote does not
 * count. */
static inline apr_size_t find_end(pg_span_t s, pg_span_t end, bool quoted)
{
    const char *p = s.ptr;
    const char *stop = s.ptr + s.len;

    while ((apr_size_t)(stop - p) >= end.len) {
        p = memchr(p, end.ptr[0], (apr_size_t)(stop - p) - end.len + 1);
        if (p == NULL) {
            break;
        }
        if ((end.len == 1 || begins_with(p, end))
            && !(quoted && is_escaped(s.ptr, p))) {
            return (apr_size_t)(p - s.ptr);
        }
        p++;
    }
    return s.len;
}

static inline bool is_plausible(pg_field_e field, pg_span_t s)
{
    switch (field) {
    case PG_FIELD_STATUS:
        return pg_logline_is_dash(s) || (s.len == 3 && pg_logline_is_number(s));
    case PG_FIELD_SIZE:
        return pg_logline_is_dash(s) || pg_logline_is_number(s);
    case PG_FIELD_PORT:
        return pg_logline_is_number(s);
    case PG_FIELD_VHOST:         /* else a user's name could be taken for
                                    them                                  */
    case PG_FIELD_CLIENT:
        return pg_span_find(s, ' ') == s.len;
    default:
        return true;
    }
}

/* The end of the last field: a literal after it, else the end of the line, or
 * of the word when more may follow. */
static apr_size_t last_end(const pg_logformat_t *f, pg_span_t rest,
                           bool quoted)
{
    if (f->after.len) {
        return find_end(rest, f->after, quoted);
    }
    return f->tail && !quoted ? pg_span_find(rest, ' ') : rest.len;
}

/* Servers escape the quotes in what they log, so there is none before that of
 * the request: the line's first quote shows where the request begins, however
 * it is read. */
static bool is_first_quote(pg_span_t line, apr_size_t at)
{
    return find_end(pg_span_upto(line, at), PG_SPAN("\""), true) == at - 1;
}

/* The fields of a line, in their order. */
static bool match_pieces(pg_span_t *value, const pg_logformat_t *format,
                         pg_span_t line)
{
    const pg_piece_t *piece = format->piece;
    const pg_piece_t *last = piece + format->pieces - 1;
    apr_size_t at = piece->before.len;

    if (line.len < at || !begins_with(line.ptr, piece->before)) {
        return false;
    }
    for (;; piece++) {
        pg_span_t rest = pg_span_make(line.ptr + at, line.len - at);

        *value = pg_span_upto(rest, piece == last
            ? last_end(format, rest, piece->quoted)
            : find_end(rest, piece[1].before, piece->quoted));
        if (!is_plausible(piece->field, *value)
            || (piece->field == PG_FIELD_REQUEST && format->anchor.len
                && !is_first_quote(line, at))) {
            return false;
        }
        at += value->len;
        if (piece == last) {
            break;
        }
        if (value->len == rest.len) {
            return false;        /* nothing ends it                       */
        }
        at += piece[1].before.len;
        value++;
    }
    return line.len - at >= format->after.len
           && begins_with(line.ptr + at, format->after)
           && (format->tail || at + format->after.len == line.len);
}

bool pg_logformat_match(pg_logline_t *out, const pg_logformat_t *format,
                        pg_span_t line)
{
    pg_span_t value[PG_FORMAT_PIECES];

    if (!match_pieces(value, format, line)) {
        return false;
    }
    memset(out, 0, sizeof(*out));
    out->escaped = true;
    out->sent = format->sent;
    out->month_first = format->month_first;
    for (int i = 0; i < format->pieces; i++) {
        const pg_piece_t *piece = &format->piece[i];
        pg_span_t *field = &out->field[piece->joins ? PG_FIELD_TIME
                                                    : piece->field];
        *field = piece->joins
                 ? pg_span_between(field->ptr, pg_span_end(value[i]))
                 : value[i];
    }
    return true;
}
