/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_chosen.h"

/* How often a text is unescaped: mod_rewrite sees it once, "int:unescape"
 * twice, and a rule may do that again. */
#define ROUNDS 3

/* --- texts --------------------------------------------------------------- */

/* Undo percent-escapes; malformed ones stay. @return octets written, at most
 * s.len; out may be s.ptr */
static apr_size_t undo_escapes(char *out, pg_span_t s)
{
    apr_size_t n = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        int octet = c == '%' ? pg_span_hex(s, i + 1) : -1;
        if (octet >= 0) {
            c = (char)octet;
            i += 2;
        }
        out[n++] = c;
    }
    return n;
}

/* May this octet be next to what is looked for? */
typedef bool (*apart_t)(char c);

static bool anything(char c)
{
    (void)c;
    return true;
}

static bool no_digit(char c)
{
    return !pg_octet_is_digit(c);
}

/* "08080" is the port 8080, too */
static bool no_digit_but_zero(char c)
{
    return c == '0' || no_digit(c);
}

static bool no_word(char c)
{
    return !pg_octet_is(c, PG_OCTET_DNS);
}

static bool no_ipv6(char c)
{
    return c != ':' && !pg_octet_is_hex(c);
}

typedef struct needle_t {
    pg_span_t text;
    apart_t before, after;
} needle_t;

static bool is_in(pg_span_t text, const needle_t *needle)
{
    apr_size_t n = needle->text.len;
    int first = n ? needle->text.ptr[0] | 0x20 : 0;

    for (apr_size_t i = 0; n && i + n <= text.len; i++) {
        /* one bit tells upper from lower case, and is checked below */
        if ((text.ptr[i] | 0x20) == first
            && pg_span_ieq(pg_span_make(text.ptr + i, n), needle->text)
            && (i == 0 || needle->before(text.ptr[i - 1]))
            && (i + n == text.len || needle->after(text.ptr[i + n]))) {
            return true;
        }
    }
    return false;
}

static bool is_in_any_reading(pg_span_t text, const needle_t *needle,
                              char *work)
{
    bool found = is_in(text, needle);

    for (int i = 0; i < ROUNDS && !found
                    && pg_span_find(text, '%') < text.len; i++) {
        text = pg_span_make(work, undo_escapes(work, text));
        found = is_in(text, needle);
    }
    return found;
}

static bool is_sent(const pg_chosen_in_t *in, const needle_t *needle)
{
    for (apr_size_t i = 0; i < in->text_count; i++) {
        if (is_in_any_reading(in->texts[i], needle, in->work)) {
            return true;
        }
    }
    return false;
}

/* --- hosts and ports ----------------------------------------------------- */

static needle_t host_needle(pg_host_e kind, pg_span_t host)
{
    bool name = kind != PG_HOST_IPV4 && kind != PG_HOST_IPV6;
    bool label = name && pg_span_find(host, '.') == host.len;
    bool localhost = pg_span_ieq(host, PG_SPAN("localhost"));
    needle_t out = { host, anything, anything };

    if (kind == PG_HOST_IPV6) {
        out.before = out.after = no_ipv6;
    }
    else if (kind == PG_HOST_IPV4) {
        out.after = no_digit;
    }
    else if (label) {
        out.before = localhost ? anything : no_word;
        out.after = no_word;
    }
    return out;
}

/* A host that counts as a whole word only, right after the literal text of a
 * pattern. */
static bool is_behind_stem(const pg_chosen_in_t *in, const needle_t *host)
{
    char text[600];
    needle_t needle = { .before = anything, .after = host->after };
    pg_span_t stem;

    for (int i = 0; (stem = pg_backends_stem(in->backends, i)).ptr; i++) {
        if (stem.len + host->text.len <= sizeof(text)) {
            memcpy(text, stem.ptr, stem.len);
            memcpy(text + stem.len, host->text.ptr, host->text.len);
            needle.text = pg_span_make(text, stem.len + host->text.len);
            if (is_sent(in, &needle)) {
                return true;
            }
        }
    }
    return false;
}

/* An address with a name right after it, as "ProxyPass / http://10.0.0.1"
 * makes of "/x.third.example". */
static bool is_ipv4(pg_span_t text)
{
    pg_address_t a;

    return pg_address_parse(&a, text) && pg_address_is_ipv4(&a);
}

/* Is this the end of a host that a rule put after a name that is ours, or
 * that the configuration has; or, whatever the name, after the literal text
 * of a pattern? "http://%{HTTP_HOST}$1" for "^/go(.*)$" and
 * "/go.third.example". */
static bool is_appended(const pg_chosen_in_t *in, pg_span_t head,
                        pg_span_t rest)
{
    pg_chosen_in_t target = *in;
    needle_t needle = { rest, no_word, no_word };

    if (pg_span_find(rest, '.') == rest.len) {
        return false;
    }
    if (pg_own_has_name(in->own, head)
        || pg_backends_has_suffix(in->backends, head) || is_ipv4(head)) {
        needle.before = anything;
        return is_sent(in, &needle);
    }
    target.text_count = target.text_count > 0;
    return rest.ptr[0] == '.' && is_behind_stem(&target, &needle);
}

static bool is_end_sent(const pg_chosen_in_t *in, pg_span_t host)
{
    for (apr_size_t i = 1; i < host.len; i++) {
        if (is_appended(in, pg_span_upto(host, i), pg_span_from(host, i))) {
            return true;
        }
    }
    return false;
}

/* How much of the host's beginning was sent in one piece. A part of what was
 * sent was sent too, so the longest is found by halving. */
static apr_size_t longest_sent(const pg_chosen_in_t *in, pg_span_t host)
{
    apr_size_t low = 0, high = host.len;

    while (low < high) {
        apr_size_t n = (low + high + 1) / 2;
        needle_t piece = { pg_span_upto(host, n), anything, anything };

        if (is_sent(in, &piece)) {
            low = n;
        }
        else {
            high = n - 1;
        }
    }
    return low;
}

static pg_span_t after_glue(const pg_chosen_in_t *in, pg_span_t host)
{
    pg_span_t glue;

    for (int i = 0; (glue = pg_backends_glue(in->backends, i)).ptr; i++) {
        if (pg_span_istarts(host, glue)) {
            return pg_span_from(host, glue.len);
        }
    }
    return host;
}

/* "http://$1.$2/", "http://%{HTTP_HOST}$1": pieces that were sent, and between
 * them what the configuration puts there; not more than it has variables. A
 * name of one label has to be sent whole: two pieces of it are in any text. */
static bool is_joined(const pg_chosen_in_t *in, pg_span_t host)
{
    int parts = pg_backends_parts(in->backends);
    apr_size_t n = 0;

    if (parts < 2 || pg_span_find_any(host, ".:") == host.len) {
        return false;
    }
    do {
        host = after_glue(in, pg_span_from(host, n));
        n = longest_sent(in, host);
    } while (n && n < host.len && --parts);
    return n == host.len;
}

/* Escapes in the destination come from the text or were made by a rule. */
static bool is_host_sent(const pg_chosen_in_t *in, const pg_authority_t *a)
{
    char plain[256];
    pg_span_t host = pg_target_undotted(a->host);
    needle_t needle = host_needle(a->host_kind, host);

    if (is_sent(in, &needle)
        || (needle.before != anything && is_behind_stem(in, &needle))
        || is_end_sent(in, host) || is_joined(in, host)) {
        return true;
    }
    if (host.len > sizeof(plain) || pg_span_find(host, '%') == host.len) {
        return false;
    }
    needle.text = pg_span_make(plain, undo_escapes(plain, host));
    return is_sent(in, &needle);
}

static bool is_port_sent(const pg_chosen_in_t *in, const pg_destination_t *d)
{
    char text[PG_SPAN_DECIMAL];
    pg_span_t digits = d->port ? pg_span_decimal(text, d->port) : PG_SPAN("");
    needle_t needle = { digits, no_digit_but_zero, no_digit };
    bool sent = is_sent(in, &needle);

    needle.before = anything;
    for (int i = 0; !sent && pg_backends_cut_port(&needle.text, in->backends,
                                                  i, digits); i++) {
        sent = is_sent(in, &needle);
    }
    return sent;
}

static pg_chosen_e by_port(const pg_chosen_in_t *in, const pg_destination_t *d)
{
    return !pg_backends_has_port(in->backends, d->port) && is_port_sent(in, d)
           ? PG_CHOSEN_PORT : PG_CHOSEN_NOT;
}

/* "www.*" matches names of others, too. And "localhost" is ours for a client
 * on this machine, but not on the port of some other program there, which
 * listens on loopback so that nobody else can reach it. */
static pg_own_e whose(const pg_chosen_in_t *in, const pg_authority_t *a)
{
    pg_own_e own = pg_own_check(in->own, a, in->local, 0);

    if (pg_own_is_guess(in->own, a)) {
        return PG_OWN_NO;
    }
    return own == PG_OWN_PORT && a->host_kind == PG_HOST_NAME
           ? pg_own_check(in->own, a, NULL, 0) : own;
}

static bool is_in_host(const pg_chosen_in_t *in, const pg_destination_t *d)
{
    pg_authority_t host;

    return pg_target_authority(&host, in->host)
           && pg_span_ieq(host.host, d->authority.host);
}

/* The same name as in Host, with a port that we serve or none: it may be ours,
 * as far as our names are known. */
static bool may_be_ours(const pg_chosen_in_t *in, const pg_destination_t *d)
{
    pg_authority_t local = d->authority;

    if (in->names_known || d->authority.host_kind != PG_HOST_NAME
        || pg_span_ieq(d->authority.host, PG_SPAN("localhost"))
        || !is_in_host(in, d)) {
        return false;
    }
    if (pg_backends_has_port(in->backends, d->port)) {
        return true;
    }
    /* our address with that port: does this server listen there? */
    if (in->local == NULL) {
        return d->authority.port_kind == PG_PORT_NONE;
    }
    local.host_kind = PG_HOST_IPV6;
    local.address = *in->local;
    return pg_own_check(in->own, &local, in->local, 0)
           == PG_OWN_YES;
}

/* A host that is ours, or may be, whether a rule put a literal before it or
 * not. */
static pg_chosen_e judge_sent(const pg_chosen_in_t *in,
                              const pg_destination_t *d)
{
    pg_own_e own = whose(in, &d->authority);
    pg_chosen_e chosen = own == PG_OWN_PORT ? by_port(in, d) : PG_CHOSEN_NOT;

    if (own == PG_OWN_NO) {
        return may_be_ours(in, d) ? PG_CHOSEN_NAME : PG_CHOSEN_HOST;
    }
    return chosen == PG_CHOSEN_PORT && !in->names_known && is_in_host(in, d)
           ? PG_CHOSEN_HOST : chosen;
}

/* What "http://backend-%{HTTP_HOST}" has after its literal counts as if it
 * were alone. */
static pg_chosen_e judge_rest(const pg_chosen_in_t *in,
                              const pg_destination_t *d)
{
    pg_span_t host = pg_target_undotted(d->authority.host);
    needle_t needle = { .before = anything, .after = anything };
    pg_chosen_e worst = PG_CHOSEN_NOT;

    for (int i = 0; pg_backends_cut(&needle.text, in->backends, i, host);
         i++) {
        pg_destination_t rest = *d;
        if (is_sent(in, &needle)) {
            pg_chosen_e chosen;
            pg_target_authority(&rest.authority, needle.text);
            rest.authority.port_kind = d->authority.port_kind;
            rest.authority.port = d->authority.port;
            chosen = judge_sent(in, &rest);
            worst = chosen > worst ? chosen : worst;
        }
    }
    return worst;
}

static pg_chosen_e judge_host(const pg_chosen_in_t *in,
                              const pg_destination_t *d)
{
    pg_named_e named = pg_backends_check(in->backends, d);

    if (named != PG_NAMED_NO) {
        return named == PG_NAMED_YES ? PG_CHOSEN_NOT : by_port(in, d);
    }
    return whose(in, &d->authority) != PG_OWN_NO
                   || is_host_sent(in, &d->authority)
               ? judge_sent(in, d) : judge_rest(in, d);
}

static pg_chosen_e judge_socket(const pg_chosen_in_t *in,
                                const pg_destination_t *d)
{
    needle_t path = { d->socket, anything, anything };

    return pg_backends_check(in->backends, d) == PG_NAMED_NO
           && is_sent(in, &path) ? PG_CHOSEN_HOST : PG_CHOSEN_NOT;
}

pg_chosen_e pg_chosen_judge(const pg_chosen_in_t *in,
                            const pg_destination_t *d)
{
    switch (d->kind) {
    case PG_DESTINATION_HOST:
        return judge_host(in, d);
    case PG_DESTINATION_SOCKET:
        return judge_socket(in, d);
    case PG_DESTINATION_NONE:
    case PG_DESTINATION_BALANCER:
        break;
    }
    return PG_CHOSEN_NOT;
}
