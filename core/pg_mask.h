/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Names and addresses made unrecognisable for publication, by a
 * keyed pseudonym (SipHash-2-4): the same name is the same pseudonym as long
 * as the key is the same, and without the key nobody can try names until one
 * fits. The shape stays readable: "http://www.a.example:81/x" becomes
 * "http://www.host-3vq5k1mz:81/x". */
#ifndef PG_MASK_H
#define PG_MASK_H

#include "pg_hash.h"
#include "pg_target.h"

/** Enough for every pseudonym but that of a target. */
#define PG_MASK_SIZE 48

/** Enough for a masked target, a scheme of up to 16 octets, a pseudonym, a
 *  port and 100 octets of a path; and with method and version around it. */
#define PG_MASK_TARGET_SIZE 208

/** Where the part of a name begins that anybody may register below: "com.tw"
 *  in "mx0.hinet.com.tw", "example" in "a.example"; 0: it is the whole. */
apr_size_t pg_mask_suffix(pg_span_t name);

/** Is this first label one that says what a host is for, not whose it is:
 *  "www", "mx0"? */
bool pg_mask_is_generic(pg_span_t label);

/**
 * A host: "ip-XXXXXXXX" for an address (the same for all its spellings),
 * "mx0.host-XXXXXXXX.com.tw" for a name, case and trailing dot aside. A first
 * label such as mx0 stays, and a top-level domain of two or three letters with
 * what precedes it in a country, since they name nobody.
 * @param out   PG_MASK_SIZE octets; NUL-terminated
 * @return octets written
 */
apr_size_t pg_mask_host(char *out, const pg_key_t *key, pg_span_t host);

/**
 * A "host:port", the port left readable; also what has no port.
 * @param out   PG_MASK_SIZE octets
 */
apr_size_t pg_mask_authority(char *out, const pg_key_t *key, pg_span_t s);

/**
 * A request-target: scheme, pseudonym, port, and the path of a third party's
 * URL, but for segments that may name somebody, and the query. A path alone is
 * this server's, and becomes "/...". What is not a target becomes
 * "text-XXXXXXXX".
 * @param out   PG_MASK_TARGET_SIZE octets
 */
apr_size_t pg_mask_target(char *out, const pg_key_t *key, pg_span_t target);

/** What a text is, as far as a mask needs to know. */
typedef enum pg_mask_e {
    PG_MASK_SOURCE,      /* an address                                    */
    PG_MASK_HOST,        /* a host                                        */
    PG_MASK_AUTHORITY,   /* host:port                                     */
    PG_MASK_TARGET,      /* a request-target                              */
    PG_MASK_METHOD,      /* a method, or a number                         */
    PG_MASK_AGENT,       /* prose: itself unless it may name somebody     */
    PG_MASK_EVIDENCE,    /* a header field that may name anybody          */
    PG_MASK_FIELD,       /* the name of a header field                    */
    PG_MASK_REQUEST      /* a request line                                */
} pg_mask_e;

/**
 * What may be published of a text: the only answer, for page and evidence
 * log. A method, field name or User-Agent that names nobody is left alone.
 * @param out   PG_MASK_TARGET_SIZE octets
 * @return s itself, what is in out, or absent when s is
 */
pg_span_t pg_mask_shown(char *out, const pg_key_t *key, pg_mask_e kind,
                        pg_span_t s);

#endif
