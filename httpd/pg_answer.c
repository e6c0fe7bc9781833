/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_answer.h"

#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>

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
