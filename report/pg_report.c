/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_report.h"

#include "pg_render.h"

static const pg_format_t formats[] = {
    { "html", "text/html; charset=utf-8", pg_html_render },
    { "json", "application/json; charset=utf-8", pg_json_render },
    { NULL, NULL, NULL }
};

const pg_format_t *pg_formats(void)
{
    return formats;
}

const pg_format_t *pg_format_find(pg_span_t name)
{
    for (const pg_format_t *f = formats; f->name; f++) {
        if (pg_span_eq(name, pg_span_str(f->name))) {
            return f;
        }
    }
    return NULL;
}

const char *pg_time_rfc3339(char out[PG_TIME_SIZE], apr_time_t t)
{
    apr_time_exp_t x;
    char *p = out;
    int part[6];

    apr_time_exp_gmt(&x, t);
    part[0] = x.tm_year + 1900;
    part[1] = x.tm_mon + 1;
    part[2] = x.tm_mday;
    part[3] = x.tm_hour;
    part[4] = x.tm_min;
    part[5] = x.tm_sec;
    if (part[0] < 0 || part[0] > 9999) {
        part[0] = 0;
    }
    *p++ = (char)('0' + part[0] / 1000);
    *p++ = (char)('0' + part[0] / 100 % 10);
    for (int i = 0; i < 6; i++) {
        *p++ = (char)('0' + part[i] / 10 % 10);
        *p++ = (char)('0' + part[i] % 10);
        *p++ = "--T::Z"[i];
    }
    *p = '\0';
    return out;
}

apr_uint64_t pg_class_total(const pg_snapshot_t *s, pg_class_e class_id)
{
    apr_uint64_t sum = 0;

    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        sum += s->count[class_id][o];
    }
    return sum;
}

apr_uint64_t pg_outcome_total(const pg_snapshot_t *s, pg_outcome_e outcome)
{
    apr_uint64_t sum = 0;

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        sum += s->count[c][outcome];
    }
    return sum;
}
