/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* pg_target_parse: spans lie inside the input; the same octets give the same
 * result; the parts put together again are the input; and each form looks as
 * it must. Input: the target. */
#include "pg_fuzz.h"
#include "pg_target.h"

static void check_authority(const pg_authority_t *a, pg_span_t s)
{
    static const pg_address_t zero;
    bool address = a->host_kind == PG_HOST_IPV4
                   || a->host_kind == PG_HOST_IPV6;

    PG_MUST(pg_fuzz_inside(a->userinfo, s));
    PG_MUST(pg_fuzz_inside(a->host, s));
    PG_MUST(pg_fuzz_inside(a->port_text, s));
    PG_MUST((a->port_kind == PG_PORT_OK) == (a->port != 0));
    PG_MUST(a->port_kind == PG_PORT_NONE || a->port_text.len > 0);
    PG_MUST(a->host_kind != PG_HOST_NONE || a->host.len == 0);
    PG_MUST(address || memcmp(&a->address, &zero, sizeof(zero)) == 0);
    PG_MUST(a->host_kind == PG_HOST_BAD
            || pg_span_find(a->host, '@') == a->host.len);
    PG_MUST(a->host_kind == PG_HOST_BAD
            || pg_span_find_any(a->host, " \\/\t\r\n") == a->host.len);
}

/* Without userinfo and brackets the parts touch each other. */
static void check_round_trip(const pg_target_t *t, pg_span_t s)
{
    const pg_authority_t *a = &t->authority;
    apr_size_t n = t->path.len;

    if (t->form == PG_FORM_ABSOLUTE) {
        n += t->scheme.len + 3;
    }
    n += a->userinfo.ptr ? a->userinfo.len + 1 : 0;
    n += a->host.len + (a->host_kind == PG_HOST_IPV6 ? 2 : 0);
    n += a->port_text.ptr ? a->port_text.len + 1 : 0;
    /* Padding is left out of the host. */
    if (a->host_kind != PG_HOST_BAD && n + 3 > s.len) {
        PG_MUST(t->form == PG_FORM_INVALID || t->form == PG_FORM_ASTERISK
                || n == s.len);
    }
}

static void check_form(const pg_target_t *t, pg_span_t s)
{
    switch (t->form) {
    case PG_FORM_INVALID:
        PG_MUST(s.len == 0 || s.ptr[0] != '/');
        break;
    case PG_FORM_ORIGIN:
        PG_MUST(s.ptr[0] == '/' && t->path.len == s.len);
        break;
    case PG_FORM_ABSOLUTE:
        PG_MUST(t->scheme.len > 0 && t->scheme.ptr == s.ptr);
        PG_MUST(memcmp(s.ptr + t->scheme.len, "://", 3) == 0);
        break;
    case PG_FORM_AUTHORITY:
        PG_MUST(t->authority.port_kind == PG_PORT_OK);
        PG_MUST(t->authority.host.len > 0);
        break;
    case PG_FORM_ASTERISK:
        PG_MUST(s.len == 1);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pg_span_t s = pg_span_make((const char *)data, size);
    pg_target_t t, again;
    pg_authority_t a;

    memset(&t, 0xa5, sizeof(t));
    memset(&again, 0x5a, sizeof(again));
    PG_MUST(pg_target_parse(&t, s) == t.form);
    pg_target_parse(&again, s);
    PG_MUST(memcmp(&t, &again, sizeof(t)) == 0);
    PG_MUST(pg_fuzz_inside(t.scheme, s) && pg_fuzz_inside(t.path, s));
    check_authority(&t.authority, s);
    check_form(&t, s);
    check_round_trip(&t, s);
    pg_target_authority(&a, s);
    check_authority(&a, s);
    return 0;
}
