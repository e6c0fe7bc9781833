/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_fit.h"

#include <limits.h>
#include <string.h>

#include "pg_render.h"

int pg_fit_left(const pg_fit_t *fit)
{
    return fit->rows ? fit->rows - fit->row : INT_MAX;
}

/* A whole character, or an octet that is not part of one. */
static void put_character(pg_fit_t *fit, const char *octets, apr_size_t n)
{
    char text[5] = { 0 };
    int width;

    memcpy(text, octets, n);
    if (*text == '\n') {
        fit->row++;
        fit->column = 0;
        pg_sink_puts(fit->to, pg_fit_left(fit) > 0 ? "\n" : "");
        return;
    }
    fit->escape = fit->escape || *text == '\033';
    width = fit->escape ? 0 : pg_render_columns(text);
    if (pg_fit_left(fit) > 0 && fit->column + width <= fit->columns) {
        pg_sink_put(fit->to, pg_span_make(octets, n));
    }
    fit->column += width;
    fit->escape = fit->escape && *text != 'm';
}

/* The length of a character that begins with this octet. */
static apr_size_t length_of(unsigned char first)
{
    return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static apr_status_t write_fitting(void *to, const char *octets, apr_size_t n)
{
    pg_fit_t *fit = to;

    for (apr_size_t i = 0; i < n; i++) {
        fit->held[fit->held_n++] = octets[i];
        if (fit->held_n == length_of((unsigned char)fit->held[0])) {
            put_character(fit, fit->held, fit->held_n);
            fit->held_n = 0;
        }
    }
    return fit->to->status;
}

pg_sink_t pg_fit_sink(pg_fit_t *fit)
{
    return (pg_sink_t){ .write = write_fitting, .to = fit };
}
