/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_logjson.h"

#include "pg_logescape.h"
#include "pg_logname.h"

enum {
    DEPTH = 32,
    SPREAD_MAX = 256 * 1024      /* octets of an object over several lines */
};

/* The keys around the current one, joined by '.'. */
typedef struct path_t {
    char text[PG_LOGNAME_MAX * 2];
    apr_size_t len;
    apr_size_t before[DEPTH];    /* its length outside each object        */
    int depth;
} path_t;

typedef struct walk_t {
    pg_logline_t *out;
    pg_room_t *room;
    int rank[PG_FIELD_COUNT];    /* of the name that each field has so far */
    path_t *path;                /* NULL: keys are not joined             */
    const char *at, *end;
    bool plain;                  /* nowhere is a backslash                */
} walk_t;

/* --- texts --------------------------------------------------------------- */

/* UTF-8 of a code point. @return octets */
static apr_size_t put_code(char *out, unsigned int code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* Four hexadecimal digits; there are as many octets. */
static bool read_hex4(unsigned int *out, const char *digits)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        if (!pg_octet_is_hex(digits[i])) {
            return false;
        }
        *out = *out * 16 + pg_octet_hex(digits[i]);
    }
    return true;
}

/* "uXXXX", or a pair of surrogates. @return octets of s used; 0: none */
static apr_size_t read_unicode(unsigned int *code, pg_span_t s)
{
    unsigned int low;

    if (s.len < 5 || s.ptr[0] != 'u'
        || !read_hex4(code, s.ptr + 1)) {
        return 0;
    }
    if (*code >= 0xd800 && *code < 0xdc00 && s.len >= 11 && s.ptr[5] == '\\'
        && s.ptr[6] == 'u' && read_hex4(&low, s.ptr + 7)
        && low >= 0xdc00 && low < 0xe000) {
        *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
        return 11;
    }
    return 5;
}

/* JSON's escapes, and those of httpd and nginx that are not among them. The
 * result is not longer than s. */
static pg_span_t undo(pg_span_t s, pg_room_t *room)
{
    char *out = room->at;

    if (pg_span_find(s, '\\') == s.len || pg_logline_left(room) < s.len) {
        return s;
    }
    for (apr_size_t i = 0; i < s.len; ) {
        unsigned int code;
        apr_size_t used = s.ptr[i] != '\\' ? 0
                          : read_unicode(&code, pg_span_from(s, i + 1));
        if (used) {
            out += put_code(out, code);
            i += used + 1;
        }
        else if (s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == '/') {
            *out++ = '/';
            i += 2;
        }
        else {
            apr_size_t n = s.ptr[i] != '\\' || i + 1 == s.len ? 1
                           : s.ptr[i + 1] == 'x' && s.len - i >= 4 ? 4 : 2;
            pg_span_t one = pg_span_make(s.ptr + i, n);
            pg_span_t got = pg_logescape_undo(out, one);
            memmove(out, got.ptr, got.len);
            out += got.len;
            i += n;
        }
    }
    s = pg_span_make(room->at, (apr_size_t)(out - room->at));
    room->at = out;
    return s;
}

/* --- walking ------------------------------------------------------------- */

static void skip_space(walk_t *j)
{
    while (j->at < j->end && pg_octet_is_space(*j->at)) {
        j->at++;
    }
}

/* The text between quotes at j->at, still escaped; a truncated one ends with
 * the line. */
static pg_span_t take_string(walk_t *j)
{
    char mark = *j->at;
    const char *begin = ++j->at;
    pg_span_t s;

    for (;;) {
        apr_size_t left = (apr_size_t)(j->end - j->at);
        const char *quote = memchr(j->at, mark, left);
        const char *slash = j->plain ? NULL
            : memchr(j->at, '\\', quote ? (apr_size_t)(quote - j->at) : left);
        if (slash == NULL) {
            s = pg_span_make(begin, (apr_size_t)((quote ? quote : j->end)
                                                 - begin));
            j->at = quote ? quote + 1 : j->end;
            return s;
        }
        j->at = j->end - slash > 2 ? slash + 2 : j->end;
    }
}

static void enter(walk_t *j, pg_span_t key)
{
    path_t *path = j->path;
    apr_size_t room = sizeof(path->text) - path->len;

    if (path->len && room) {
        path->text[path->len++] = '.';
        room--;
    }
    key = pg_span_upto(key, room);
    memcpy(path->text + path->len, key.ptr, key.len);
    path->len += key.len;
}

static pg_logname_t name_of(const walk_t *j)
{
    return pg_logname_find(pg_span_make(j->path->text, j->path->len));
}

static void keep(walk_t *j, pg_logname_t name, pg_span_t value, bool is_text)
{
    pg_span_t *field = &j->out->field[name.field];
    int rank = pg_logname_rank(name, value);

    if (name.field == PG_FIELD_SKIP || value.len == 0
        || (name.field == PG_FIELD_EMBEDDED && !is_text)
        || (field->ptr && j->rank[name.field] <= rank)) {
        return;
    }
    *field = is_text ? undo(value, j->room) : value;
    j->rank[name.field] = rank;
}

/* A number, true, false, null: up to a delimiter. */
static void take_word(walk_t *j)
{
    const char *begin = j->at;
    pg_span_t word;

    while (j->at < j->end && !strchr(",]} \t\r\n", *j->at)) {
        j->at++;
    }
    if (j->at == begin) {
        j->at++;                 /* whatever it is: skip it               */
        return;
    }
    word = pg_span_make(begin, (apr_size_t)(j->at - begin));
    if (pg_octet_is_digit(word.ptr[0])) {
        keep(j, name_of(j), word, false);
    }
}

/* [50,48,...]: journald's MESSAGE when it is not plain UTF-8. It is a line as
 * it was logged. @return false: it is not such a list */
static bool take_octets(walk_t *j)
{
    const char *at = j->at + 1;
    pg_logname_t name;
    apr_size_t n = 0;

    if (at == j->end || !pg_octet_is_digit(*at)) {
        return false;
    }
    name = name_of(j);
    if (name.field != PG_FIELD_EMBEDDED
        || pg_logline_left(j->room) < (apr_size_t)(j->end - at)) {
        return false;
    }
    for (unsigned int octet = 0; at < j->end && octet < 256; at++) {
        if (pg_octet_is_digit(*at)) {
            octet = octet * 10 + (unsigned int)(*at - '0');
        }
        else if (*at == ',' || *at == ']') {
            j->room->at[n++] = (char)octet;
            octet = 0;
            if (*at == ']') {
                j->out->field[name.field] = pg_span_make(j->room->at, n);
                j->rank[name.field] = name.rank;
                j->room->at += n;
                j->at = at + 1;
                return true;
            }
        }
        else if (!pg_octet_is_space(*at)) {
            return false;
        }
    }
    return false;
}

static void open_level(walk_t *j)
{
    j->path->before[j->path->depth++] = j->path->len;
    j->at++;
}

/* Ruby's "key"=>"value", as Fluent Bit shows records. */
static bool is_arrow(const walk_t *j, const char *s)
{
    return j->end - s >= 2 && s[0] == '=' && s[1] == '>';
}

/* A key and the ':' or "=>" after it. */
static void take_key(walk_t *j, pg_span_t key)
{
    skip_space(j);
    j->at += is_arrow(j, j->at) ? 2 : 1;
    j->path->len = j->path->depth ? j->path->before[j->path->depth - 1] : 0;
    enter(j, key);
    skip_space(j);
}

static bool is_key(const walk_t *j)
{
    const char *s = j->at;

    while (s < j->end && pg_octet_is_space(*s)) {
        s++;
    }
    return s < j->end && (*s == ':' || is_arrow(j, s));
}

/* One token, wherever it is: keys are known by their ':'. */
static void step(walk_t *j)
{
    char c = *j->at;

    if (c == '{' || (c == '[' && !take_octets(j))) {
        open_level(j);
    }
    else if (c == '[') {
        return;                  /* it is taken                           */
    }
    else if (c == '}' || c == ']') {
        j->path->len = j->path->before[--j->path->depth];
        j->at++;
    }
    else if (c == '"' || c == '\'') {           /* Python's own text        */
        pg_span_t s = take_string(j);
        if (is_key(j)) {
            take_key(j, s);
        }
        else {
            keep(j, name_of(j), s, true);
        }
    }
    else if (c == ',' || pg_octet_is_space(c)) {
        j->at++;
    }
    else {
        take_word(j);
    }
}

apr_size_t pg_logjson_read(pg_logline_t *out, pg_span_t line, pg_room_t *room)
{
    path_t path = { .len = 0 };
    walk_t j = { .out = out, .room = room, .path = &path, .at = line.ptr,
                 .end = line.ptr + line.len,
                 .plain = pg_span_find(line, '\\') == line.len };

    memset(out, 0, sizeof(*out));
    if (line.len < 2 || line.ptr[0] != '{') {
        return 0;
    }
    do {
        if (path.depth == DEPTH && (*j.at == '{' || *j.at == '[')) {
            return line.len;     /* nobody nests like this: the rest is
                                    not read                              */
        }
        step(&j);
    } while (j.at < j.end && path.depth > 0);
    return (apr_size_t)(j.at - line.ptr);
}

/* --- at a glance --------------------------------------------------------- */

static bool is_wanted(pg_field_e field)
{
    return field == PG_FIELD_REQUEST || field == PG_FIELD_STATUS
           || field == PG_FIELD_SIZE;
}

/* The i-th key with its ':'. It is usually that of the object before.
 * @return NULL: only a closer look tells */
static const pg_logjson_key_t *take_name(walk_t *j, pg_logjson_keys_t *keys,
                                         int i)
{
    apr_size_t left = (apr_size_t)(j->end - j->at), n = keys->key[i].len;

    if (left == 0 || *j->at != '"') {
        return NULL;
    }
    if (n && left > n + 1 && j->at[n + 1] == '"'
        && memcmp(j->at + 1, keys->key[i].text, n) == 0) {
        j->at += n + 2;
    }
    else {
        pg_span_t key = take_string(j);
        if (key.len > sizeof(keys->key[i].text)) {
            return NULL;
        }
        memcpy(keys->key[i].text, key.ptr, key.len);
        keys->key[i].len = key.len;
        keys->key[i].name = pg_logname_find(key);
        /* Traefik keeps the path of a full URL only. */
        keys->key[i].stripped = pg_span_eq(key, PG_SPAN("RequestPath"));
        keys->key[i].wanted = is_wanted(keys->key[i].name.field);
        keys->vhost |= keys->key[i].name.field == PG_FIELD_VHOST;
    }
    skip_space(j);
    return j->at < j->end && *j->at++ == ':' && !keys->key[i].stripped
           ? &keys->key[i] : NULL;
}

/* A text or a plain word. @return false: something else */
static bool take_value(walk_t *j, const pg_logjson_key_t *key)
{
    const char *begin;
    pg_span_t s;

    skip_space(j);
    begin = j->at;
    if (begin < j->end && *begin == '"') {
        s = take_string(j);
        if (key->wanted) {
            keep(j, key->name, s, false);       /* as it is written       */
        }
        return true;
    }
    /* letters, digits, '-', '+', '.' */
    while (j->at < j->end && pg_octet_is(*j->at, PG_OCTET_SCHEME)) {
        j->at++;
    }
    if (key->wanted && j->at > begin && pg_octet_is_digit(*begin)) {
        s = pg_span_make(begin, (apr_size_t)(j->at - begin));
        keep(j, key->name, s, false);
    }
    return j->at > begin;
}

/* "METHOD /": its length; 0: it begins in another way. */
static apr_size_t origin_form(pg_span_t request)
{
    apr_size_t n = 0;

    while (n < request.len && request.ptr[n] >= 'A' && request.ptr[n] <= 'Z') {
        n++;
    }
    return n && request.len - n > 1 && request.ptr[n] == ' '
           && request.ptr[n + 1] == '/' ? n + 2 : 0;
}

/* " HTTP/9.9" */
static bool is_protocol(pg_span_t s)
{
    return s.len == 9 && memcmp(s.ptr, " HTTP/", 6) == 0
           && pg_octet_is_digit(s.ptr[6]) && s.ptr[7] == '.'
           && pg_octet_is_digit(s.ptr[8]);
}

/* Of a request for "/": are its status and length what they mostly are? */
static bool is_ordinary(const pg_logline_t *line, pg_span_t *home)
{
    pg_span_t status = line->field[PG_FIELD_STATUS];
    pg_span_t size = line->field[PG_FIELD_SIZE];

    if (status.len != 3 || !pg_logline_is_number(status)
        || size.len > PG_LOGJSON_SIZE || !pg_logline_is_number(size)) {
        return false;
    }
    if (status.ptr[0] == '2'
        && pg_span_istarts(line->field[PG_FIELD_REQUEST], PG_SPAN("GET "))) {
        *home = size;
    }
    return true;
}

bool pg_logjson_is_clean(pg_logjson_keys_t *keys, pg_span_t *home,
                         pg_span_t line)
{
    pg_logline_t out = { .escaped = false };
    walk_t j = { .out = &out, .at = line.ptr + 1, .end = line.ptr + line.len,
                 .plain = pg_span_find(line, '\\') == line.len };
    pg_span_t request, rest;
    char c = ',';

    *home = PG_ABSENT;
    for (int i = 0; c == ','; i++) {
        const pg_logjson_key_t *key;

        skip_space(&j);
        key = i < PG_LOGJSON_KEYS ? take_name(&j, keys, i) : NULL;
        if (key == NULL || !take_value(&j, key)) {
            return false;
        }
        skip_space(&j);
        c = j.at < j.end ? *j.at++ : '\0';
    }
    skip_space(&j);
    request = out.field[PG_FIELD_REQUEST];
    rest = pg_span_from(request, origin_form(request));
    return c == '}' && j.at == j.end && rest.len && rest.len < request.len
           && (rest.ptr[0] != ' '
               || (is_protocol(rest) && is_ordinary(&out, home)));
}

/* --- several in a line --------------------------------------------------- */

/* Does s end like a list, perhaps inside objects? */
static bool ends_list(pg_span_t s)
{
    while (s.len && (s.ptr[s.len - 1] == '}'
                     || pg_octet_is_space(s.ptr[s.len - 1]))) {
        s.len--;
    }
    return s.len && s.ptr[s.len - 1] == ']';
}

/* What follows "name": [ anywhere; a quote within a value has a backslash. */
static pg_span_t behind_name(pg_span_t line)
{
    static const char *const names[] = {
        "\"records\"", "\"Records\"", "\"logEvents\"", "\"hits\"",
        "\"entries\"", "\"events\"", NULL
    };

    for (int i = 0; names[i]; i++) {
        apr_size_t at = pg_span_search(line, names[i]);
        pg_span_t s = pg_span_trim(pg_span_from(line, at + strlen(names[i])));
        s = pg_span_istarts(s, PG_SPAN(":"))
            ? pg_span_trim(pg_span_from(s, 1)) : PG_ABSENT;
        if (pg_span_istarts(s, PG_SPAN("["))) {
            return s;
        }
        if (s.len < line.len && pg_span_istarts(s, PG_SPAN("{"))) {
            return behind_name(s);         /* Elasticsearch: hits in hits */
        }
    }
    return pg_span_upto(line, 0);
}

/* No JSON text contains a line end: one that does was cut off. Nor does
 * pg_logjson_read() go deeper than DEPTH: so of unterminated objects that
 * begin close together, however many, no more than that are searched for an
 * end. */
static apr_size_t object_length(pg_span_t s)
{
    walk_t j = { .at = s.ptr, .end = s.ptr + s.len };
    int depth = 0;

    while (j.at < j.end) {
        if (*j.at == '"') {
            pg_span_t text = take_string(&j);
            if (memchr(text.ptr, '\n', text.len)) {
                return 0;
            }
            continue;
        }
        depth += *j.at == '{' ? 1 : *j.at == '}' ? -1 : 0;
        j.at++;
        if (depth == 0) {
            return (apr_size_t)(j.at - s.ptr);
        }
        if (depth > DEPTH) {
            return 0;
        }
    }
    return 0;                    /* it is cut off                         */
}

/* Where the next object begins: in an array, in a member's array, or directly
 * followed by others; these are searched for only within the length of an
 * object, or a line of many would be searched to its end for each. */
static pg_span_t first_object(pg_span_t line)
{
    pg_span_t s = line;

    if (line.ptr[0] == '{'
        && pg_span_has(pg_span_upto(line, 65536), "}{\"")) {
        return line;
    }
    if (line.ptr[0] == '{') {
        s = ends_list(line) ? behind_name(line) : pg_span_upto(line, 0);
    }
    return pg_span_trim(pg_span_from(s, 1));
}

/* In an object, another one can only be a value. */
static bool may_be_value(pg_span_t before)
{
    char last;

    before = pg_span_trim(before);
    last = before.ptr[before.len - 1];
    return last == ':' || last == '[' || last == ',';
}

/* From the first `what` on; empty: it is not there. */
static pg_span_t found(pg_span_t s, pg_span_t what)
{
    const char *at = s.len && what.len
                     ? memmem(s.ptr, s.len, what.ptr, what.len) : NULL;

    return pg_span_between(at ? at : pg_span_end(s), pg_span_end(s));
}

/* An object, and nothing after it but the end of a list. */
static bool is_last(pg_span_t s)
{
    apr_size_t n = object_length(s);

    s = pg_span_from(s, n);
    return n && pg_span_find_any(s, "{}\",") == s.len;
}

/* "{", and a key with what is before its value, however that is written. */
static pg_span_t first_key(pg_span_t line)
{
    pg_span_t inside = pg_span_trim(pg_span_from(line, 1));

    return line.ptr[0] == '{' && pg_span_find_any(inside, "\"'") == 0
           ? pg_span_upto(line, pg_span_find_any(line, ":=") + 1)
           : pg_span_upto(line, 0);
}

/* Lines of a log begin alike. Where the beginning of this one is found again,
 * and it is not that of an object within it, another line has run into it:
 * after a crash it is cut off, or has NULs behind it. */
static apr_size_t run_together(pg_span_t *record, pg_span_t line)
{
    pg_span_t begin = first_key(line);
    pg_span_t next = found(pg_span_from(line, 1), begin);

    if (next.len && may_be_value(pg_span_between(line.ptr, next.ptr))) {
        apr_size_t n = object_length(line);
        next = n ? found(pg_span_from(line, n), begin)
               : is_last(next) ? next : PG_ABSENT;
    }
    if (next.len == 0) {
        return 0;
    }
    *record = pg_span_between(line.ptr, next.ptr);
    return record->len;
}

apr_size_t pg_logjson_record(pg_span_t *record, pg_span_t line)
{
    pg_span_t s;
    apr_size_t n;

    if (line.len == 0 || pg_span_find_any(pg_span_upto(line, 1), "[{,") > 0) {
        return 0;
    }
    s = first_object(line);
    n = pg_span_istarts(s, PG_SPAN("{")) ? object_length(s) : 0;
    if (n == 0) {
        return run_together(record, line);
    }
    *record = pg_span_upto(s, n);
    return (apr_size_t)(s.ptr + n - line.ptr);
}

/* --- one over several lines ---------------------------------------------- */

/* Where the object begins in "{", "[{" or "}, {", without the line end; the
 * length of the line when it does not. */
static apr_size_t opening(pg_span_t line)
{
    apr_size_t n;

    for (apr_size_t i = 0; i < line.len; i++) {
        if (!pg_octet_is_space(line.ptr[i]) && !strchr("[]{},", line.ptr[i])) {
            return line.len;
        }
    }
    n = pg_span_rfind(line, '{');
    return pg_span_trim(pg_span_from(line, n)).len == 1 ? n : line.len;
}

apr_size_t pg_logjson_spread(pg_span_t block, bool *open)
{
    pg_span_t line = pg_span_upto(block, pg_span_find(block, '\n'));
    apr_size_t begin = opening(line), n;
    pg_span_t s = pg_span_upto(pg_span_from(block, begin), SPREAD_MAX);

    *open = false;
    if (begin == line.len || line.len == block.len) {
        return 0;
    }
    n = object_length(s);
    *open = n == 0 && s.len < SPREAD_MAX;
    return n ? begin + n : 0;
}
