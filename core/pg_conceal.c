/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_conceal.h"

/* --- characters, percent-encoded or not ---------------------------------- */

/* The character that the '%' at s[i] encodes: "%40", "%2540", and so on. */
static char decoded_at(pg_span_t s, apr_size_t i, apr_size_t *n)
{
    apr_size_t hex = i + 1;
    int octet;

    while (hex + 3 < s.len && s.ptr[hex] == '2' && s.ptr[hex + 1] == '5') {
        hex += 2;
    }
    octet = pg_span_hex(s, hex);
    if (octet < 0) {
        return '%';
    }
    *n = hex + 2 - i;
    return (char)octet;
}

/* The character at s[i], and in *n how many octets it takes there. */
static inline char char_at(pg_span_t s, apr_size_t i, apr_size_t *n)
{
    *n = 1;
    return s.ptr[i] == '%' ? decoded_at(s, i, n) : s.ptr[i];
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* What ends an authority (RFC 3986 3.2), for every reader. */
static bool ends_authority(char c)
{
    return is_slash(c) || c == '?' || c == '#' || pg_octet_is_space(c);
}

/* Something new begins after these; but not in an authority, where they may
 * be part of a password. */
static bool separates(char c)
{
    return ends_authority(c) || (c && strchr("|&=;,\"'<>(){}`", c));
}

/* --- names --------------------------------------------------------------- */

enum { NAME_MOST = 192 };

/* Letters and digits alone, in small letters, of the end of a name. */
static apr_size_t plain_name(char out[NAME_MOST + 1], pg_span_t name)
{
    apr_size_t n, len = 0;

    name = pg_span_from(name, name.len > NAME_MOST ? name.len - NAME_MOST : 0);
    for (apr_size_t i = 0; i < name.len; i += n) {
        char c = char_at(name, i, &n);

        if (pg_octet_is_alpha(c) || pg_octet_is_digit(c)) {
            out[len++] = pg_octet_lower(c);
        }
    }
    out[len] = '\0';
    return len;
}

/*  What names a secret: X(a part of the name, what it must not be the
 *  beginning of) */
#define PARTS(X)                                                             \
    X("token", NULL)      X("auth", "author")    X("authoriz", NULL)         \
    X("authoris", NULL)   X("key", "keyword")    X("secret", NULL)           \
    X("cookie", NULL)     X("session", NULL)     X("sessid", NULL)           \
    X("pass", NULL)       X("pwd", NULL)         X("credential", NULL)       \
    X("signature", NULL)  X("jwt", NULL)         X("bearer", NULL)

typedef struct part_t {
    const char *text;
    const char *unless;
} part_t;

#define PART_ROW(text, unless) { text, unless },
#define PART_FIRST(text, unless) | 1u << ((text)[0] - 'a')
#define PART_SECOND(text, unless) | 1u << ((text)[1] - 'a')
static const part_t parts[] = { PARTS(PART_ROW) };
static const unsigned int firsts = 0 PARTS(PART_FIRST);
static const unsigned int seconds = 0 PARTS(PART_SECOND);

static bool is_among(unsigned int letters, char c)
{
    return c >= 'a' && (letters >> (c - 'a') & 1);
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static bool begins_with_part(const char *name)
{
    for (apr_size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        const char *text = parts[i].text;

        if (name[0] == text[0] && name[1] == text[1] && begins(name, text)
            && (parts[i].unless == NULL || !begins(name, parts[i].unless))) {
            return true;
        }
    }
    return false;
}

bool pg_conceal_is_secret(pg_span_t name)
{
    /* too short to be looked for within a name */
    static const char *const words[] = { "pw", "sid", "sig", "otp", "totp",
                                         "xotp", "pin", "code" };
    char plain[NAME_MOST + 1];
    apr_size_t n = plain_name(plain, name);

    for (const char *at = plain; *at; at++) {
        if (is_among(firsts, at[0]) && is_among(seconds, at[1])
            && begins_with_part(at)) {
            return true;
        }
    }
    for (apr_size_t i = 0; n <= 4 && i < sizeof(words) / sizeof(*words);
         i++) {
        if (*plain == *words[i] && strcmp(plain, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* --- where the secrets are ----------------------------------------------- */

typedef struct range_t {
    apr_size_t from, to;
} range_t;

/* How far a text has been read. */
typedef struct walk_t {
    pg_span_t s;
    apr_size_t at;
    apr_size_t begin;            /* where userinfo may have begun         */
    apr_size_t name;             /* where a parameter's name may have     */
    bool authority;              /* userinfo would follow two slashes     */
    char before;                 /* the character before `at`             */
    apr_size_t last;             /* the last '@' of the text, or 0        */
    range_t word;                /* .to: where this word ends, once known;
                                    .from: its last '@', or 0             */
} walk_t;

/* The last '@' in [from, *to), or 0. *to is moved to the first character that
 * `end` is true of. */
static apr_size_t last_at(pg_span_t s, apr_size_t from, apr_size_t *to,
                          bool (*end)(char))
{
    apr_size_t n, found = 0;

    for (apr_size_t i = from; i < *to; i += n) {
        char c = char_at(s, i, &n);

        if (end && end(c)) {
            *to = i;
        }
        else if (c == '@') {
            found = i;
        }
    }
    return found;
}

static apr_size_t last_at_of_word(walk_t *w)
{
    if (w->word.to <= w->at) {
        w->word.to = w->s.len;
        w->word.from = last_at(w->s, w->at, &w->word.to, pg_octet_is_space);
    }
    return w->word.from;
}

/* Is there a port here, and then the end of the authority? "host:80/joe@x"
 * names a host, whatever follows. */
static bool is_port(const walk_t *w, apr_size_t at)
{
    apr_size_t digits = pg_span_digits(pg_span_from(w->s, at));
    apr_size_t n, end = at + digits;

    return digits > 0 && digits <= 5
           && (end == w->s.len || ends_authority(char_at(w->s, end, &n)));
}

/* Where userinfo that has a colon at w->at ends, or 0. */
static apr_size_t end_of_userinfo(walk_t *w, apr_size_t after)
{
    apr_size_t end = w->s.len, found;

    if (w->last < after || is_port(w, after)) {
        return 0;
    }
    if (!w->authority) {
        found = last_at_of_word(w);
        return found >= after ? found : 0;
    }
    found = last_at(w->s, after, &end, ends_authority);
    return found ? found : w->last;
}

/* Where userinfo ends that lacks its '@' because the line was too long or a
 * blank cut it: something in place of the port that is not one. Or 0. */
static apr_size_t end_of_cut_userinfo(const walk_t *w, apr_size_t after)
{
    apr_size_t n, i;
    bool digits = true;
    char c = '\0';

    if (!w->authority || w->s.ptr[w->begin] == '[') {
        return 0;
    }
    for (i = after; i < w->s.len; i += n) {
        c = char_at(w->s, i, &n);
        if (ends_authority(c)) {
            break;
        }
        digits = digits && pg_octet_is_digit(c);
    }
    return !digits && (i >= w->s.len || pg_octet_is_space(c)) ? i : 0;
}

/* The end of the value after a '=' that takes `depth` octets: an '&' that is
 * not encoded more deeply. */
static apr_size_t end_of_value(const walk_t *w, apr_size_t from,
                               apr_size_t depth)
{
    apr_size_t n, i;

    for (i = from; i < w->s.len; i += n) {
        if (char_at(w->s, i, &n) == '&' && n <= depth) {
            break;
        }
    }
    return i;
}

static bool is_scheme_colon(const walk_t *w, char c, apr_size_t after)
{
    apr_size_t n;

    return c == ':' && after < w->s.len && is_slash(char_at(w->s, after, &n));
}

/* What began within a secret and may end after it. */
typedef struct open_t {
    apr_size_t depth;            /* of a parameter's '='; 0: none is open */
    apr_size_t colon;            /* after one of userinfo; 0: none        */
} open_t;

static void note_open(open_t *open, const walk_t *w, char c, range_t name,
                      apr_size_t n)
{
    if (c == '=' && pg_conceal_is_secret(pg_span_make(w->s.ptr + name.from,
                                                      name.to - name.from))) {
        open->depth = n;
    }
    else if (c == '&' && n <= open->depth) {
        open->depth = 0;
    }
    else if (c == ':' && !is_scheme_colon(w, c, name.to + n)) {
        open->colon = name.to + n;
    }
}

/* The end of what is open at `end`, if that is later. */
static apr_size_t end_of_open(open_t *open, walk_t *w, apr_size_t end)
{
    apr_size_t other = open->depth ? end_of_value(w, end, open->depth) : end;

    if (other == end && open->colon) {
        other = end_of_userinfo(w, open->colon);
        open->colon = 0;
    }
    return other > end ? other : end;
}

/* The end of a secret or, if another begins within it, of that one: in
 * "/a:b?key=x@y" the '@' is part of the value, and in "key=a:b&c@d" the '&' is
 * part of a password. */
static apr_size_t end_of_all(walk_t *w, apr_size_t from, apr_size_t end)
{
    apr_size_t n, name = from;
    open_t open = { .depth = 0 };

    for (apr_size_t i = from; i < end; i += n) {
        char c = char_at(w->s, i, &n);

        note_open(&open, w, c, (range_t){ name, i }, n);
        if (separates(c)) {
            name = i + n;
        }
        if (i + n >= end) {
            end = end_of_open(&open, w, end);
        }
    }
    return end;
}

/* An '@' that ends userinfo within a value does not end the value. Few turns:
 * the first of them finds the last '@' of the authority, or of the word. */
static apr_size_t end_of_parameter(walk_t *w, apr_size_t from,
                                   apr_size_t depth)
{
    apr_size_t before, end = end_of_value(w, from, depth);

    do {
        before = end;
        end = end_of_all(w, from, end);
        end = end > before ? end_of_value(w, end, depth) : end;
    } while (end > before);
    return end;
}

/* Does c, which takes n octets, end a secret's beginning or name? */
static bool is_secret_at(walk_t *w, char c, apr_size_t n, range_t *out)
{
    apr_size_t after = w->at + n;

    *out = (range_t){ w->begin, w->at };
    if (c == ':') {
        out->to = end_of_userinfo(w, after);
        if (out->to == 0) {
            *out = (range_t){ after, end_of_cut_userinfo(w, after) };
            return out->to != 0;
        }
        out->to = end_of_all(w, after, out->to);
        return true;
    }
    if (c == '=') {
        if (!pg_conceal_is_secret(pg_span_make(w->s.ptr + w->name,
                                               w->at - w->name))) {
            return false;
        }
        out->from = after;
        out->to = end_of_parameter(w, after, n);
        return true;
    }
    return c == '@';
}

/* To the character after the '@' or '&' that ends a secret. */
static void skip(walk_t *w, apr_size_t end)
{
    apr_size_t n = 0;
    char c = end < w->s.len ? char_at(w->s, end, &n) : '@';

    w->at = w->begin = w->name = end + n;
    w->authority = w->authority && c != '@';
    w->before = c;
}

static void step(walk_t *w, char c, apr_size_t n)
{
    bool url = is_scheme_colon(w, c, w->at + n);

    w->at += n;
    if (separates(c) || url) {
        w->name = w->at;
    }
    if (ends_authority(c) || url || (separates(c) && !w->authority)) {
        w->begin = w->at;
        w->authority = is_slash(c)
                       && (is_slash(w->before) || w->before == ':');
    }
    w->before = c;
}

/* The next secret that is not empty. */
static bool next_secret(walk_t *w, range_t *out)
{
    while (w->at < w->s.len) {
        apr_size_t n;
        char c = char_at(w->s, w->at, &n);

        if (is_scheme_colon(w, c, w->at + n) || !is_secret_at(w, c, n, out)) {
            step(w, c, n);
            continue;
        }
        skip(w, out->to);
        if (out->to > out->from) {
            return true;
        }
    }
    return false;
}

static walk_t walk_of(pg_span_t s)
{
    walk_t w = { .s = s };
    apr_size_t end = s.len;

    w.last = last_at(s, 0, &end, NULL);
    return w;
}

/* More than one octet of 255; the others are 0. */
static bool has_two(apr_uint64_t octets)
{
    return (octets & ~((octets & (~octets + 1)) * 0xff)) != 0;
}

/* Octets of a text that tell whether it may hold a secret. */
typedef struct marks_t {
    pg_octet16_t any, colons;
} marks_t;

static inline void note_marks(marks_t *m, pg_octet16_t octets)
{
    pg_octet16_t is = pg_octet_is16(octets, ':');

    m->any |= pg_octet_is16(octets, '@') | pg_octet_is16(octets, '=')
              | pg_octet_is16(octets, '%') | (m->colons & is);
    m->colons |= is;
}

/* The last n octets of s, which has 16; 0 in place of those before them. */
static inline pg_octet16_t last_octets(pg_span_t s, apr_size_t n)
{
    static const unsigned char which[2 * sizeof(pg_octet16_t)] = {
        [16] = 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255
    };
    pg_octet16_t octets, wanted;

    memcpy(&octets, s.ptr + s.len - sizeof(octets), sizeof(octets));
    memcpy(&wanted, which + n, sizeof(wanted));
    return octets & wanted;
}

/* A text without '@', '=' or '%', or with a single colon, holds no secret. */
static bool may_hold_any(pg_span_t s)
{
    marks_t marks = { .any = { 0 } };
    apr_uint64_t mark[2], colon[2];
    apr_size_t i = 0;

    for (; s.len - i >= sizeof(pg_octet16_t); i += sizeof(pg_octet16_t)) {
        note_marks(&marks, pg_octet_load16(s.ptr + i, s.len - i));
    }
    if (i < s.len) {
        note_marks(&marks, i ? last_octets(s, s.len - i)
                             : pg_octet_load16(s.ptr, s.len));
    }
    memcpy(mark, &marks.any, sizeof(mark));
    memcpy(colon, &marks.colons, sizeof(colon));
    return (mark[0] | mark[1]) != 0 || (colon[0] && colon[1])
           || has_two(colon[0] | colon[1]);
}

/* --- removing ------------------------------------------------------------ */

static void append(char *out, apr_size_t room, apr_size_t *n, pg_span_t more)
{
    apr_size_t fits = more.len < room - *n ? more.len : room - *n;

    if (fits > 0) {
        memcpy(out + *n, more.ptr, fits);
    }
    *n += fits;
}

apr_size_t pg_conceal_room(pg_span_t s)
{
    /* a secret is one octet at least, and has '@', '=' or ':' beside it */
    return may_hold_any(s) ? s.len / 2 * sizeof(PG_CONCEAL_MARK)
                             + sizeof(PG_CONCEAL_MARK) : 0;
}

pg_span_t pg_conceal_text(char *out, apr_size_t room, pg_span_t s)
{
    apr_size_t n = 0, done = 0;
    range_t secret;
    walk_t w;

    if (!may_hold_any(s)) {
        return s;
    }
    w = walk_of(s);
    while (next_secret(&w, &secret)) {
        append(out, room, &n, pg_span_make(s.ptr + done, secret.from - done));
        append(out, room, &n, PG_SPAN(PG_CONCEAL_MARK));
        done = secret.to;
    }
    if (done == 0) {
        return s;
    }
    append(out, room, &n, pg_span_from(s, done));
    return pg_span_make(out, n);
}

bool pg_conceal_hides(pg_span_t s, pg_span_t part)
{
    range_t secret;
    walk_t w;

    if (!may_hold_any(s) || part.ptr < s.ptr || part.ptr >= s.ptr + s.len) {
        return false;
    }
    w = walk_of(s);
    while (next_secret(&w, &secret)) {
        if (s.ptr + secret.from < part.ptr + part.len
            && part.ptr < s.ptr + secret.to) {
            return true;
        }
    }
    return false;
}
