/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a sanitised run must see: /heap writes one octet too far, /sum adds
 * one to the greatest int. */
#include <limits.h>
#include <stdlib.h>

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

static int err(request_rec *r)
{
    volatile int sum = INT_MAX;

    if (strcmp(r->uri, "/heap") == 0) {
        volatile char *text = malloc(10);
        if (text) {
            text[10] = 1;
            free((void *)text);
        }
    }
    if (strcmp(r->uri, "/sum") == 0) {
        sum = sum + 1;
    }
    return DECLINED;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_read_request(err, NULL, NULL, APR_HOOK_FIRST);
}

AP_DECLARE_MODULE(overrun) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0
};
