/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sensorchart.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_chart.h"
#include "pg_escape.h"
#include "pg_phrases.h"

/** What every part of the image needs. */
typedef struct draw_t {
    pg_sink_t *sink;
    const pg_sensors_t *all;
    pg_lang_e lang;
    apr_pool_t *pool;
} draw_t;

enum { CHART_W = 760, CHART_H = 212, HEAD_H = 34, GAP = 18 };

/* Told apart without red and green, at 3 to 1 against white and black. */
static const char style[] =
    ".chart text{font:11px system-ui,sans-serif;fill:#59626c}"
    ".chart .x{text-anchor:middle}.grid{stroke:#8887}.axis{stroke:#888}"
    ".head{font:600 14px system-ui,sans-serif;fill:#59626c}"
    ".key{font:12px system-ui,sans-serif;fill:#59626c}"
    ".partial rect{fill-opacity:.5}"
    ".s0{fill:#2f6db5}.s1{fill:#d97f1f}.s2{fill:#1f8a70}.s3{fill:#b8478f}"
    ".s4{fill:#8c2f0a}.s5{fill:#7d6f8f}.s6{fill:#5b9de0}.s7{fill:#a98850}";

static const char *const series_class[PG_SENSORS_MAX] = {
    "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"
};

typedef struct chart_data_t {
    const draw_t *d;
    pg_family_e family;
} chart_data_t;

static apr_uint64_t chart_value(const pg_chart_t *chart, apr_size_t column,
                                int series)
{
    const chart_data_t *data = chart->data;

    return pg_sensors_count(data->d->all, series, column, data->family);
}

static const char *chart_label(const pg_chart_t *chart, apr_size_t column,
                               char out[PG_CHART_LABEL])
{
    const chart_data_t *data = chart->data;

    return pg_sensors_month(out, PG_CHART_LABEL, data->d->all, column);
}

static const char *heading(const draw_t *d, pg_family_e family)
{
    return apr_pstrcat(d->pool,
                       pg_phrases_get(d->lang, PG_PHRASE_SENSORS_MONTHS),
                       pg_phrases_get(d->lang,
                                      PG_PHRASE_OF(FAMILY_GET, family)),
                       NULL);
}

static apr_status_t append(void *to, const char *octets, apr_size_t n)
{
    apr_array_header_t *text = to;

    for (apr_size_t i = 0; i < n; i++) {
        *(char *)apr_array_push(text) = octets[i];
    }
    return APR_SUCCESS;
}

/* A chart as an element that can stand at any height of another image. */
static void put_chart(const draw_t *d, pg_family_e family, int y)
{
    apr_array_header_t *text = apr_array_make(d->pool, 65536, 1);
    pg_sink_t memory = { .write = append, .to = text };
    chart_data_t data = { d, family };
    apr_size_t every = (d->all->months + 13) / 14;
    pg_chart_t chart = {
        .id = pg_vocab_family(family),
        .title = heading(d, family),
        .about = heading(d, family),
        .columns = d->all->months,
        .series = d->all->n,
        .partial = d->all->partial,
        .label_every = every,
        .css = series_class,
        .data = &data,
        .value = chart_value,
        .label = chart_label,
    };

    pg_chart_put(&memory, &chart);
    pg_sink_putf(d->sink, "<svg y=\"%d\" width=\"%d\" height=\"%d\"", y,
                 CHART_W, CHART_H);
    pg_sink_put(d->sink,
                pg_span_from(pg_span_make(text->elts, (apr_size_t)text->nelts),
                             sizeof("<svg") - 1));
}

static void put_legend(const draw_t *d, int y)
{
    int x = 330;

    for (int s = 0; s < d->all->n; s++) {
        pg_sink_putf(d->sink,
                     "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"10\""
                     " height=\"10\"/><text class=\"key\" x=\"%d\" y=\"%d\">",
                     series_class[s], x, y - 9, x + 15, y);
        pg_escape_html(d->sink, pg_escape_utf8_upto(
                                    pg_span_str(d->all->sensor[s].name), 16));
        pg_sink_puts(d->sink, "</text>");
        x += 430 / d->all->n;
    }
    pg_sink_puts(d->sink, "\n");
}

void pg_sensorchart_put(pg_sink_t *sink, const pg_sensors_t *sensors,
                        int only, pg_lang_e lang, apr_pool_t *pool)
{
    draw_t d = { sink, sensors, lang, pool };
    int y = 0, height = 0;

    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (pg_sensors_shows(sensors, only, (pg_family_e)f)) {
            height += CHART_H + HEAD_H + GAP;
        }
    }
    pg_sink_putf(sink,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\""
                 " height=\"%d\" viewBox=\"0 0 %d %d\">\n<style>%s</style>\n",
                 CHART_W, height, CHART_W, height, style);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (pg_sensors_shows(sensors, only, (pg_family_e)f)) {
            pg_sink_putf(sink,
                         "<text class=\"head\" x=\"0\" y=\"%d\" "
                         "id=\"%s-h\">%s</text>\n",
                         y + 20, pg_vocab_family((pg_family_e)f),
                         heading(&d, (pg_family_e)f));
            put_legend(&d, y + 20);
            put_chart(&d, (pg_family_e)f, y + HEAD_H);
            y += CHART_H + HEAD_H + GAP;
        }
    }
    pg_sink_puts(sink, "</svg>\n");
}
