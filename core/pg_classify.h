/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a request is: clean, or an attempt of some class, and why. Pure: no
 * allocation, no clock, no httpd. What to do about it is pg_policy.h's. */
#ifndef PG_CLASSIFY_H
#define PG_CLASSIFY_H

#include "pg_own.h"
#include "pg_vocab.h"

/** A request as it was received. Absent spans mean "not known". */
typedef struct pg_request_t {
    pg_span_t line;      /* raw request line or first octets: for SOCKS
                            and the protocol, and for method and target
                            when one of these is absent                   */
    pg_span_t method;
    pg_span_t target;    /* request-target                                */
    pg_span_t protocol;  /* "HTTP/1.1"; absent for HTTP/0.9; ignored when
                            there is a line                               */
    pg_span_t host;      /* Host field value, or :authority; absent if none */
    pg_span_t upgrade;   /* Upgrade field value; absent if none           */
    const pg_address_t *local;   /* address it came in on; NULL = unknown */
    apr_uint16_t local_port;     /* 0 = unknown                           */
    bool over_tls;       /* HTTP/2 over TLS: host is the :authority, which
                            is what clients of an HTTPS proxy send        */
    bool check_host;     /* look for a foreign Host in origin-form        */
    bool names_known;    /* of the virtual host: then it does not matter
                            that another one takes every name             */
    bool may_forward;    /* mod_proxy would act on it: its reading counts */
} pg_request_t;

/** Why a verdict is what it is; the sentences are in the catalogue. */
#define PG_REASONS(X)                                                         \
    X(ORIGIN,            "origin-form")                                       \
    X(ASTERISK,          "asterisk-form")                                     \
    X(OWN,               "own-authority")                                     \
    X(OTHER_PROTOCOL,    "other-protocol")                                    \
    X(NOISE,             "no-relay-asked")                                    \
    X(ABSOLUTE_STRANGER, "absolute-form-to-stranger")                         \
    X(ABSOLUTE_PORT,     "own-name-foreign-port")                             \
    X(ABSOLUTE_SCHEME,   "own-name-foreign-scheme")                           \
    X(CONNECT_AUTHORITY, "connect-to-authority")                              \
    X(CONNECT_UNUSABLE,  "connect-without-usable-port")                       \
    X(SOCKS4,            "socks4-greeting")                                   \
    X(SOCKS4A,           "socks4a-greeting")                                  \
    X(SOCKS5,            "socks5-greeting")                                   \
    X(HOST_STRANGER,     "foreign-host-field")                                \
    X(BROKEN_ABSOLUTE,   "broken-absolute-form")                              \
    X(BROKEN_CONNECT,    "broken-connect")                                    \
    X(BARE_AUTHORITY,    "bare-authority")                                    \
    X(BARE_ORDER,        "bare-order")                                        \
    X(CHOSEN_HOST,       "backend-host-from-client")                          \
    X(CHOSEN_PORT,       "backend-port-from-client")                          \
    X(FORWARDED,         "about-to-be-forwarded")                             \
    X(AUTHORITY,         "foreign-authority")                                 \
    X(MASQUE,            "tunnel-over-http")

#define PG_ENUM_REASON(sym, name) PG_REASON_##sym,
typedef enum pg_reason_e {
    PG_REASONS(PG_ENUM_REASON)
    PG_REASON_COUNT
} pg_reason_e;
#undef PG_ENUM_REASON

/** The name above; "?" outside the list. */
const char *pg_classify_reason(pg_reason_e value);

/** The reason of that name; PG_REASON_COUNT when there is none. */
pg_reason_e pg_classify_reason_by_name(pg_span_t name);

/** The answer. Spans point into the request's octets. */
typedef struct pg_verdict_t {
    pg_class_e class_id;     /* PG_CLASS_CLEAN: no attempt                */
    pg_family_e family;      /* meaningless when clean                    */
    pg_reason_e reason;
    pg_span_t method;        /* as received, or from the raw line         */
    pg_span_t target;        /* request-target as received, or the line   */
    pg_span_t host;          /* that it would have reached; may be absent */
    apr_uint16_t port;       /* its port, the scheme's default, or 0      */
} pg_verdict_t;

/**
 * Classify one request.
 *
 * Total: every combination of octets has an answer, and the same one each
 * time. No allocation, no lock. A target that begins with '/' costs a few
 * instructions unless check_host is set.
 *
 * @param out   written in full
 * @param own   our names; NULL: not known, so no authority is ours
 * @return out->class_id
 */
pg_class_e pg_classify(pg_verdict_t *out, const pg_request_t *request,
                       const pg_own_t *own);

/**
 * Split a raw request line into method, target and protocol, as forgiving as
 * the dialects of the wild need: any white space between, a line end kept or
 * not, a missing protocol.
 * @param out  method, target, protocol are set (absent when missing)
 */
void pg_classify_split(pg_request_t *out, pg_span_t line);

#endif
