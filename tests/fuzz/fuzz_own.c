/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* pg_own: a plain name or address that was added is found, in any case and
 * with a trailing dot; userinfo makes no difference; patterns agree with a
 * slow matcher that is easy to verify. Input: the length of a name, the name,
 * an authority. */
#include "pg_fuzz_pool.h"
#include "pg_own.h"

/* Exponential, hence for short input only. */
static bool slow_match(pg_span_t p, pg_span_t s)
{
    if (p.len == 0) {
        return s.len == 0;
    }
    if (p.ptr[0] == '*') {
        return slow_match(pg_span_from(p, 1), s)
               || (s.len && slow_match(p, pg_span_from(s, 1)));
    }
    return s.len
           && (p.ptr[0] == '?'
               || pg_octet_lower(p.ptr[0]) == pg_octet_lower(s.ptr[0]))
           && slow_match(pg_span_from(p, 1), pg_span_from(s, 1));
}

static pg_span_t without_dot(pg_span_t s)
{
    return s.len > 1 && s.ptr[s.len - 1] == '.' ? pg_span_upto(s, s.len - 1)
                                                : s;
}

static void check_found_again(const pg_own_t *own, pg_span_t name)
{
    char text[600];
    size_t n = 0;
    pg_authority_t a;

    if (name.len > 250 || pg_span_find_any(name, "*?") < name.len) {
        return;
    }
    if (!pg_target_authority(&a, name)) {
        return;
    }
    PG_MUST(pg_own_check(own, &a, NULL, 0) == PG_OWN_YES
            || a.port_kind == PG_PORT_BAD);
    for (apr_size_t i = 0; i < name.len; i++) {
        text[n++] =
            pg_octet_is_alpha(name.ptr[i]) ? name.ptr[i] ^ 0x20 : name.ptr[i];
    }
    pg_target_authority(&a, pg_span_make(text, n));
    PG_MUST(pg_own_check(own, &a, NULL, 0) == PG_OWN_YES);
}

static void check_userinfo(const pg_own_t *own, pg_span_t authority)
{
    char text[1100] = "own.test:80@";
    pg_authority_t a, b;
    size_t n = strlen(text);

    if (authority.len > 1024) {
        return;
    }
    memcpy(text + n, authority.ptr, authority.len);
    pg_target_authority(&a, authority);
    pg_target_authority(&b, pg_span_make(text, n + authority.len));
    PG_MUST(pg_own_check(own, &a, NULL, 0)
            == pg_own_check(own, &b, NULL, 0));
}

static void check_pattern(const pg_own_t *own, pg_span_t pattern,
                          pg_span_t authority)
{
    pg_authority_t a;
    bool is;

    pg_target_authority(&a, authority);
    if (pattern.len > 12 || a.host.len > 16 || a.host_kind != PG_HOST_NAME
        || pg_own_takes_all(own) || pg_span_find_any(pattern, ":[%")
        < pattern.len
        || pg_span_find_any(a.host, "!$&'()*+,;=%~") < a.host.len) {
        return;
    }
    is = pg_own_check(own, &a, NULL, 0) != PG_OWN_NO;
    PG_MUST(is == slow_match(without_dot(pattern), without_dot(a.host)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pg_span_t rest = pg_span_make((const char *)data, size);
    pg_span_t name = pg_fuzz_take(&rest, pg_fuzz_octet(&rest));
    pg_own_t *own;
    pg_authority_t a;
    const char *wrong;

    if (size == 0) {
        return 0;
    }
    own = pg_own_create(pool);
    wrong = pg_own_add(own, name);
    pg_target_authority(&a, rest);
    PG_MUST(pg_own_check(own, &a, NULL, 0) == pg_own_check(own, &a, NULL, 0));
    PG_MUST(a.host_kind != PG_HOST_BAD
            || pg_own_check(own, &a, NULL, 0) == PG_OWN_NO);
    check_userinfo(own, rest);
    if (wrong == NULL) {
        check_found_again(own, name);
        check_pattern(own, name, rest);
    }
    else {
        PG_MUST(pg_own_check(own, &a, NULL, 0) == PG_OWN_NO);
    }
    apr_pool_clear(pool);
    return 0;
}
