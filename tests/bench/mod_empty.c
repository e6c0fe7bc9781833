/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The yardstick: a module that hooks where the guard does and does nothing. */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

static int nothing(request_rec *r)
{
    return DECLINED;
}

static void register_hooks(apr_pool_t *pool)
{
    ap_hook_post_read_request(nothing, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(nothing, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(nothing, NULL, NULL, APR_HOOK_FIRST);
}

module AP_MODULE_DECLARE_DATA empty_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
