/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sensorchart.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_chart.h"
#include "pg_escape.h"
#include "pg_render.h"

enum {
    COLOURS = 8,                 /* that can be told apart                */
    CHART_W = 760, CHART_H = 212,
    HEAD_H = 30, KEY_H = 20, KEY_W = 190, KEYS_A_ROW = CHART_W / KEY_W,
    KEY_NAME = 22,               /* columns of a name in the legend       */
    GAP = 18
};

/* Distinguishable without red and green; contrast 3 to 1 against white and
 * black, for text 4.5 to 1 against either. */
static const char style[] =
    ".chart text,.head,.key{fill:#59626c}"
    "@media(prefers-color-scheme:dark){.chart text,.head,.key{fill:#9ba6b1}}"
    ".chart text{font:11px system-ui,sans-serif}"
    ".chart .x{text-anchor:middle}.grid{stroke:#8887}.axis{stroke:#888}"
    ".head{font:600 14px system-ui,sans-serif}"
    ".key{font:12px system-ui,sans-serif}"
    ".partial rect{fill-opacity:.5}.pale{fill:#888;fill-opacity:.5}"
    ".chart .gap{fill:#8883}"
    ".s0{fill:#2f6db5}.s1{fill:#d97f1f}.s2{fill:#1f8a70}.s3{fill:#b8478f}"
    ".s4{fill:#8c2f0a}.s5{fill:#7d6f8f}.s6{fill:#5b9de0}.s7{fill:#a98850}";

static const char *const colours[COLOURS] = { "s0", "s1", "s2", "s3",
                                              "s4", "s5", "s6", "s7" };

/** One chart: a family, with at most as many sensors as there are colours. */
typedef struct panel_t {
    const pg_sensors_t *all;
    pg_family_e family;
    int first, n;                /* sensors                               */
    pg_lang_e lang;
    apr_pool_t *pool;
} panel_t;

/* --- the chart ----------------------------------------------------------- */

static apr_uint64_t chart_value(const pg_chart_t *chart, apr_size_t column,
                                int series)
{
    const panel_t *p = chart->data;

    return pg_sensors_count(p->all, p->first + series, (int)column, p->family);
}

static const char *chart_label(const pg_chart_t *chart, apr_size_t column,
                               char out[PG_CHART_LABEL])
{
    const panel_t *p = chart->data;
    char text[PG_CALENDAR_SIZE];

    return apr_cpystrn(out,
                       pg_calendar_text(text, pg_sensors_start(p->all,
                                                               (int)column),
                                        PG_CALENDAR_MONTH),
                       PG_CHART_LABEL) ? out : "";
}

static bool chart_gap(const pg_chart_t *chart, apr_size_t column)
{
    const panel_t *p = chart->data;

    for (int s = 0; s < p->n; s++) {
        if (pg_sensors_watched(p->all, p->first + s, (int)column)
            || chart_value(chart, column, s)) {
            return false;
        }
    }
    return true;
}

static pg_reached_e reached(const panel_t *p)
{
    return pg_sensors_reached(p->all, p->first, p->n, p->all->months - 1);
}

static bool is_partial(const panel_t *p)
{
    return reached(p) != PG_REACHED_WHOLE;
}

static const char *heading(const panel_t *p)
{
    return apr_pstrcat(p->pool,
                       pg_phrases_get(p->lang, PG_PHRASE_SENSORS_MONTHS),
                       pg_phrases_get(p->lang, PG_PHRASE_OF(FAMILY_GET,
                                                            p->family)),
                       NULL);
}

static const char *id_of(const panel_t *p)
{
    return p->first == 0
        ? pg_vocab_family(p->family)
        : apr_psprintf(p->pool, "%s-%d", pg_vocab_family(p->family),
                       p->first / COLOURS + 1);
}

/* A chart as an element that can be placed at any height in another image. */
static void put_chart(pg_sink_t *sink, const panel_t *p, int y)
{
    apr_array_header_t *text = apr_array_make(p->pool, 65536, 1);
    pg_sink_t memory = pg_sink_array(text);
    const char *words = pg_sensors_words(p->all, p->family, p->lang, p->pool);
    pg_chart_t chart = {
        .id = id_of(p),
        .title = heading(p),
        .about = words ? words : heading(p),
        .columns = (apr_size_t)p->all->months,
        .series = p->n,
        .partial = is_partial(p),
        .gap = chart_gap,
        .label_every = (apr_size_t)(p->all->months + 13) / 14,
        .css = colours,
        .data = p,
        .value = chart_value,
        .label = chart_label,
    };

    pg_chart_put(&memory, &chart);
    pg_sink_putf(sink, "<svg y=\"%d\" width=\"%d\" height=\"%d\"", y, CHART_W,
                 CHART_H);
    pg_sink_put(sink,
                pg_span_from(pg_span_make(text->elts, (apr_size_t)text->nelts),
                             sizeof("<svg") - 1));
}

/* --- the legend ---------------------------------------------------------- */

/* As much as fits; a Japanese character is two columns wide. */
static pg_span_t key_name(const char *name)
{
    pg_span_t all = pg_span_str(name), part = all;

    for (apr_size_t most = all.len; pg_render_columns_of(part) > KEY_NAME; ) {
        part = pg_escape_utf8_upto(all, --most);
    }
    return part;
}

static void put_key(pg_sink_t *sink, const char *css, const char *name,
                    int at, int y)
{
    int x = at % KEYS_A_ROW * KEY_W;
    pg_span_t part = key_name(name);

    y += at / KEYS_A_ROW * KEY_H;
    pg_sink_putf(sink,
                 "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"10\""
                 " height=\"10\"/><text class=\"key\" x=\"%d\" y=\"%d\">",
                 css, x, y + 3, x + 15, y + 12);
    pg_escape_html(sink, part);
    pg_sink_puts(sink, part.len < strlen(name) ? "…</text>\n" : "</text>\n");
}

/* A scan of one log has no sensor name. */
static bool is_named(const panel_t *p)
{
    return p->all->n > 1 || *p->all->sensor[0].name;
}

static int keys_of(const panel_t *p)
{
    return (is_named(p) ? p->n : 0) + is_partial(p);
}

static void put_legend(pg_sink_t *sink, const panel_t *p, int y)
{
    int at = 0;

    for (int s = 0; is_named(p) && s < p->n; s++) {
        put_key(sink, colours[s], p->all->sensor[p->first + s].name, at++, y);
    }
    if (is_partial(p)) {
        put_key(sink, "pale",
                pg_phrases_get(p->lang, reached(p) == PG_REACHED_END
                                            ? PG_PHRASE_CHART_PALE_ENDED
                                            : PG_PHRASE_CHART_PALE),
                at, y);
    }
}

/* --- the whole ----------------------------------------------------------- */

/* The charts one below the other; without a sink they are only measured.
 * @return their height */
static int put_panel(pg_sink_t *sink, const panel_t *p, int y)
{
    int legend = (keys_of(p) + KEYS_A_ROW - 1) / KEYS_A_ROW * KEY_H;

    if (sink) {
        pg_sink_putf(sink, "<text class=\"head\" x=\"0\" y=\"%d\" "
                           "id=\"%s-h\">%s</text>\n",
                     y + 20, id_of(p), heading(p));
        put_legend(sink, p, y + HEAD_H);
        put_chart(sink, p, y + HEAD_H + legend);
    }
    return HEAD_H + legend + CHART_H + GAP;
}

static int put_all(pg_sink_t *sink, const pg_sensors_t *sensors, int only,
                   pg_lang_e lang, apr_pool_t *pool)
{
    int y = 0;

    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        for (int s = 0; pg_sensors_shows(sensors, only, (pg_family_e)f)
                        && s < sensors->n; s += COLOURS) {
            int n = sensors->n - s < COLOURS ? sensors->n - s : COLOURS;
            panel_t p = { sensors, (pg_family_e)f, s, n, lang, pool };

            y += put_panel(sink, &p, y);
        }
    }
    return y;
}

/* What a screen reader says, and a browser shows for an image on its own. */
static void put_words(pg_sink_t *sink, const pg_sensors_t *sensors, int only,
                      pg_lang_e lang, apr_pool_t *pool)
{
    pg_sink_putf(sink, "<title>%s</title>\n<desc>",
                 pg_phrases_get(lang, sensors->n > 1 ? PG_PHRASE_SENSORS_TITLE
                                                     : PG_PHRASE_TITLE));
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (pg_sensors_shows(sensors, only, (pg_family_e)f)) {
            const char *words = pg_sensors_words(sensors, (pg_family_e)f,
                                                 lang, pool);

            pg_sink_puts(sink, pg_phrases_get(lang, PG_PHRASE_OF(FAMILY_GET,
                                                                 f)));
            pg_sink_puts(sink, words ? ": " : "");
            pg_escape_html(sink, pg_span_str(words ? words : ""));
            pg_sink_puts(sink, "\n");
        }
    }
    pg_sink_puts(sink, "</desc>\n");
}

void pg_sensorchart_put(pg_sink_t *sink, const pg_sensors_t *sensors,
                        int only, pg_lang_e lang, apr_pool_t *pool)
{
    int height = put_all(NULL, sensors, only, lang, pool);

    pg_sink_putf(sink,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\""
                 " height=\"%d\" viewBox=\"0 0 %d %d\">\n<style>%s</style>\n",
                 CHART_W, height, CHART_W, height, style);
    put_words(sink, sensors, only, lang, pool);
    put_all(sink, sensors, only, lang, pool);
    pg_sink_puts(sink, "</svg>\n");
}
