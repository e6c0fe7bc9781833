/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Another module that asks for a request's verdict, as mod_proxyguard.h
 * promises it. Says it in a response field. */
#include "mod_proxyguard.h"

#include <http_config.h>
#include <http_request.h>

static int ask(request_rec *r)
{
    APR_OPTIONAL_FN_TYPE(proxyguard_class) *class_of =
        APR_RETRIEVE_OPTIONAL_FN(proxyguard_class);
    const char *answer = class_of ? class_of(r) : "no such function";

    apr_table_setn(r->headers_out, "X-Relay", answer ? answer : "none");
    return DECLINED;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_fixups(ask, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA askguard_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
