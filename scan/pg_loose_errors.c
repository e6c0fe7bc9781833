/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_loose_errors.h"

#include "pg_client.h"
#include "pg_logword.h"
#include "pg_loose_client.h"
#include "pg_loose_keys.h"
#include "pg_loose_request.h"
#include "pg_loose_time.h"

bool pg_loose_errors_is_line(pg_span_t line)
{
    apr_size_t close = pg_span_find(line, ']');
    pg_span_t rest = pg_span_from(line, close);
    apr_size_t second;

    if (line.len > 8 && line.ptr[0] == 'A' && line.ptr[1] == 'H'
        && pg_logline_is_number(pg_span_make(line.ptr + 2, 5))) {
        return true;
    }
    if (line.len > 22 && line.ptr[4] == '/' && line.ptr[7] == '/'
        && line.ptr[20] == '[' && pg_span_has(pg_span_upto(line, 40), "#")) {
        return true;
    }
    if (!pg_span_istarts(rest, PG_SPAN("] [")) || line.ptr[0] != '[') {
        return false;
    }
    rest = pg_span_from(rest, 3);
    second = pg_span_find(rest, ']');
    /* log4js has "[2024-11-18T11:02:03.004] [INFO] " before requests */
    return second < rest.len
           && (pg_octet_is_alpha(line.ptr[1])
               || pg_span_find(rest, ':') < second)
           && pg_span_find(pg_span_upto(rest, second), ' ') == second
           && pg_span_find(pg_span_upto(line, close), ' ') < close
           && pg_octet_is_alpha(rest.ptr[0]);
}

/* "[day time] [module:level] ", not the "[level] " of httpd 2.2. */
static bool has_module(pg_span_t line)
{
    pg_span_t rest = pg_span_from(line, pg_span_search(line, "] [") + 3);

    rest = pg_span_upto(rest, pg_span_find(rest, ']'));
    return pg_span_find(rest, ':') < rest.len;
}

/* Messages of mod_proxy and of access control that name the URL that was to
 * be fetched, and no method. */
static bool find_proxied(pg_logline_t *out, pg_span_t line)
{
    static const char *const labels[] = {
        "valid for the URL ",                     /* AH01144              */
        "by server configuration: proxy:",        /* AH01630              */
        "returned by ",                           /* AH00898, DNS         */
        NULL
    };

    for (int i = 0; labels[i]; i++) {
        apr_size_t at = pg_span_search(line, labels[i]);
        pg_span_t url = pg_span_from(line, at + strlen(labels[i]));
        url = pg_span_upto(url, pg_span_find_any(url, " ,"));
        if (at < line.len && pg_loose_request_is_target(url)) {
            out->field[PG_FIELD_METHOD] = pg_loose_request_is_authority(url)
                                          ? PG_SPAN("CONNECT")
                                          : PG_SPAN("GET");
            out->field[PG_FIELD_TARGET] = url;
            return true;
        }
    }
    return false;
}

bool pg_loose_errors_read(pg_logline_t *out, pg_span_t line)
{
    static const char invalid[] = "Invalid method in request ";
    apr_size_t own = pg_span_search(line, " PG0");
    apr_size_t asked = pg_span_search(line, "request: \"");
    apr_size_t at = pg_span_search(line, invalid);
    pg_span_t client = pg_loose_client_labelled(line);
    bool found = true;
    pg_span_t quoted;

    if (own < line.len) {
        found = pg_loose_keys_read(out, pg_span_from(line, own));
    }
    else if (asked < line.len) {
        pg_logword_quoted(line, &asked, &quoted);
        out->field[PG_FIELD_REQUEST] = quoted;
    }
    else if (at < line.len) {
        out->field[PG_FIELD_REQUEST] =
            pg_span_from(line, at + strlen(invalid));
    }
    else {
        found = find_proxied(out, line) || pg_loose_request_bare(out, line);
    }
    if (client.ptr && has_module(line)) {      /* httpd 2.4 adds the port  */
        client = pg_client_without_port(client);
    }
    if (client.ptr && out->field[PG_FIELD_CLIENT].ptr == NULL) {
        out->field[PG_FIELD_CLIENT] = client;
    }
    out->field[PG_FIELD_TIME] = pg_loose_time_find(line, line);
    return found;
}
