/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Request-target -> form and parts. What a target *means* (ours or not, an
 * attempt or not) is pg_classify.h's business. */
#ifndef PG_TARGET_H
#define PG_TARGET_H

#include "pg_address.h"

/** RFC 9112 3.2: the four forms, and everything else. */
typedef enum pg_form_e {
    PG_FORM_INVALID,     /* none of the four                              */
    PG_FORM_ORIGIN,      /* 3.2.1  /path?query: all that begins with '/'  */
    PG_FORM_ABSOLUTE,    /* 3.2.2  scheme "://" authority ...             */
    PG_FORM_AUTHORITY,   /* 3.2.3  host ":" port                          */
    PG_FORM_ASTERISK     /* 3.2.4  "*"                                    */
} pg_form_e;

typedef enum pg_host_e {
    PG_HOST_NONE,        /* no authority, or an empty host                */
    PG_HOST_NAME,        /* reg-name (RFC 3986 3.2.2)                     */
    PG_HOST_IPV4,        /* dotted quad, each 0 to 255                    */
    PG_HOST_IPV6,        /* in brackets                                   */
    PG_HOST_BAD          /* octets that no host may have, or an authority
                            that readers cut at different places (blanks,
                            control octets, backslashes)                  */
} pg_host_e;

typedef enum pg_port_e {
    PG_PORT_NONE,        /* no colon, or nothing after it                 */
    PG_PORT_OK,          /* 1 to 65535, digits only (and trailing "%20")  */
    PG_PORT_BAD          /* 0, over 65535, a sign, or not digits          */
} pg_port_e;

/** An authority (RFC 3986 3.2). Spans point into the caller's octets. */
typedef struct pg_authority_t {
    pg_span_t userinfo;      /* absent when there is no '@'               */
    pg_span_t host;          /* without brackets, and trailing "%20"      */
    pg_span_t port_text;     /* absent when there is no ':'               */
    pg_host_e host_kind;
    pg_port_e port_kind;
    apr_uint16_t port;       /* valid for PG_PORT_OK, else 0              */
    pg_address_t address;    /* IPV4 and IPV6; else all zero             */
} pg_authority_t;

static inline bool pg_target_is_address(const pg_authority_t *a)
{
    return a->host_kind == PG_HOST_IPV4 || a->host_kind == PG_HOST_IPV6;
}

/** A host name without the dot that may end it (RFC 1034 3.1). */
static inline pg_span_t pg_target_undotted(pg_span_t host)
{
    if (host.len > 1 && host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    return host;
}

typedef struct pg_target_t {
    pg_form_e form;
    pg_span_t scheme;            /* absolute-form, without ':'            */
    pg_authority_t authority;    /* absolute- and authority-form          */
    pg_span_t path;              /* with query and fragment; origin- and
                                    absolute-form                         */
} pg_target_t;

/**
 * Split a request-target into its parts, copying nothing.
 *
 * Total: every octet string has an answer. Reads s only and allocates
 * nothing. The spans in *out point into s and live as long as it does.
 *
 * @param out  written in full, also for PG_FORM_INVALID
 * @param s    the octets as received; any value
 * @return out->form
 * @see RFC 9112 3.2 (the four forms); RFC 3986 3.2 (authority)
 */
pg_form_e pg_target_parse(pg_target_t *out, pg_span_t s);

/** The path of an origin- or absolute-form alone, as pg_target_parse() has it;
 *  absent for any other form. */
pg_span_t pg_target_path(pg_span_t s);

/**
 * Split an authority: [ userinfo "@" ] host [ ":" port ]. Total, as above.
 * The last '@' ends the userinfo, so that userinfo that imitates a host
 * cannot hide the real one.
 * @return true if host and port are well formed (port may be absent)
 * @see RFC 3986 3.2
 */
bool pg_target_authority(pg_authority_t *out, pg_span_t s);

/**
 * Read a decimal port. Leading zeros are allowed; a sign, 0, and anything over
 * 65535 are bad (httpd's own parser takes "+80" and lets 99999 wrap).
 * @param out  the port, or 0
 */
pg_port_e pg_target_port(apr_uint16_t *out, pg_span_t s);

#endif
