/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_cliscan.h"

static int add_format(const pg_cli_t *cli, apr_array_header_t *formats,
                      const char *text)
{
    const char *wrong = pg_logformat_compile(apr_array_push(formats), text,
                                             cli->pool);

    if (wrong) {
        return pg_cli_usage(cli, "--log-format: '%s' %s", text, wrong);
    }
    return 0;
}

int pg_cliscan_format(const pg_cli_t *cli, pg_reading_t *how,
                      apr_array_header_t *formats, const char *text)
{
    how->any = !strcmp(text, "auto");
    how->json = how->any || !strcmp(text, "json");
    apr_array_clear(formats);
    if (!how->json) {
        return add_format(cli, formats, text);
    }
    for (const char *const *name = pg_logformat_named(); how->any && *name;
         name++) {
        add_format(cli, formats, *name);
    }
    return 0;
}

/* The literal before the request, if all formats agree on it. */
static pg_span_t common_anchor(const pg_reading_t *how)
{
    pg_span_t none = { .ptr = NULL, .len = 0 };

    for (int i = 0; i < how->formats; i++) {
        if (!pg_span_eq(how->format[i].anchor, how->format[0].anchor)) {
            return none;
        }
    }
    return how->formats ? how->format[0].anchor : none;
}

void pg_cliscan_rules(const pg_cli_t *cli, pg_rules_t *rules,
                      const apr_array_header_t *formats, const pg_own_t *own)
{
    pg_reading_t *how = &rules->reading;

    how->format = (const pg_logformat_t *)formats->elts;
    how->formats = formats->nelts;
    how->now = cli->now;
    rules->anchor = common_anchor(how);
    rules->own = own;
}
