/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the check of memory must see: a branch on memory that was never
 * written, and memory that is lost, both at each request. */
#include <stdlib.h>

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

static int err(request_rec *r)
{
    volatile int *lost = malloc(100);

    if (lost[1] == 1) {
        r->status = HTTP_OK;
    }
    lost = NULL;
    return lost ? OK : DECLINED;
}

static void hooks(apr_pool_t *p)
{
    ap_hook_post_read_request(err, NULL, NULL, APR_HOOK_FIRST);
}

AP_DECLARE_MODULE(seeded) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, hooks, 0
};
