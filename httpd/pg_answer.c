/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_answer.h"

#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>

#define PAGE(title, text)                                     \
    "<!DOCTYPE html>\n<html lang=\"en\">\n<title>" title   \
    "</title>\n<h1>" title "</h1>\n<p>" text "</p>\n</html>\n"

void pg_answer_explain(request_rec *r, int status, pg_class_e class_id)
{
    static const char no_proxy[] =
        PAGE("This server is not a proxy",
             "The request asked it to reach another host, or to open a "
             "tunnel. It does neither.");
    static const char no_site[] =
        PAGE("No such site here",
             "This server has no site by the name that the request asked "
             "for. It is not a proxy.");

    if (ap_response_code_string(r, ap_index_of_response(status)) == NULL) {
        ap_custom_response(r, status, class_id == PG_CLASS_FOREIGN_HOST
                                          ? no_site : no_proxy);
    }
}

#define FILTER_NAME "PROXYGUARD_STATUS"

static apr_status_t keep_status(ap_filter_t *f, apr_bucket_brigade *page)
{
    if (!ap_is_HTTP_ERROR(f->r->status)) {
        f->r->status = (int)(apr_uintptr_t)f->ctx;
        f->r->status_line = NULL;
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, page);
}

void pg_answer_register(void)
{
    /* before what makes a part (206) or "not modified" (304) of it */
    ap_register_output_filter(FILTER_NAME, keep_status, NULL,
                              AP_FTYPE_CONTENT_SET);
}

void pg_answer_keep_status(request_rec *r)
{
    ap_add_output_filter(FILTER_NAME, (void *)(apr_uintptr_t)r->status, r,
                         r->connection);
}
