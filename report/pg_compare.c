/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_compare.h"

#include "pg_escape.h"
#include "pg_render.h"
#include "pg_sensorchart.h"

enum { NAME_SHOWN = 40 };

static bool shows(const pg_compare_t *c, int f)
{
    return pg_sensors_shows(&c->all, c->family, (pg_family_e)f);
}

static const char *month_of(const pg_compare_t *c, int month,
                            char out[PG_TIME_SIZE])
{
    return pg_calendar_text(out, pg_sensors_start(&c->all, month),
                            PG_CALENDAR_MONTH);
}

static pg_reached_e reached(const pg_compare_t *c, int month)
{
    return pg_sensors_reached(&c->all, 0, c->all.n, month);
}

static bool is_partial(const pg_compare_t *c, int month)
{
    return reached(c, month) != PG_REACHED_WHOLE;
}

/* "17,597"; "-" for a month that the sensor did not watch. */
static const char *count(const pg_compare_t *c, int sensor, int month,
                         pg_family_e family, char out[PG_NUMBER_SIZE])
{
    apr_uint64_t n = pg_sensors_count(&c->all, sensor, month, family);

    return n || pg_sensors_watched(&c->all, sensor, month)
               ? pg_render_number(out, n) : "-";
}

/* --- text and CSV -------------------------------------------------------- */

static void text_name(pg_sink_t *sink, const char *name)
{
    pg_span_t part = pg_escape_utf8_upto(pg_span_str(name), NAME_SHOWN);
    char safe[NAME_SHOWN * 8 + 1];

    pg_escape_plain(safe, sizeof(safe), part);
    pg_sink_putf(sink, " %12s", safe);
}

static void text_table(pg_sink_t *sink, const pg_compare_t *c, int f,
                       apr_pool_t *pool)
{
    const char *words = pg_sensors_words(&c->all, (pg_family_e)f, c->lang,
                                         pool);
    char month[PG_TIME_SIZE], number[PG_NUMBER_SIZE];

    if (words) {
        pg_escape_text(sink, pg_span_str(words));
        pg_sink_puts(sink, "\n\n");
    }
    pg_sink_putf(sink, "%-9s", pg_vocab_family((pg_family_e)f));
    for (int s = 0; s < c->all.n; s++) {
        text_name(sink, c->all.sensor[s].name);
    }
    for (int m = 0; m < c->all.months; m++) {
        pg_sink_putf(sink, "\n%-9s", month_of(c, m, month));
        for (int s = 0; s < c->all.n; s++) {
            pg_sink_putf(sink, " %12s",
                         count(c, s, m, (pg_family_e)f, number));
        }
        pg_sink_puts(sink, is_partial(c, m) ? " *" : "");
    }
    pg_sink_puts(sink, "\n\n");
}

static const char *country_name(const pg_country_t *country)
{
    return *country->name ? country->name : "?";
}

static void text_countries(pg_sink_t *sink, const pg_compare_t *c,
                           apr_pool_t *pool)
{
    int n;
    const pg_country_t *country = pg_geo_countries(&n, c->geo, &c->all, pool);
    char number[PG_NUMBER_SIZE];

    if (country == NULL) {
        return;
    }
    pg_sink_putf(sink, "%s\n\n%-9s",
                 pg_phrases_get(c->lang, PG_PHRASE_COUNTRIES), "");
    for (int s = 0; s < c->all.n; s++) {
        text_name(sink, c->all.sensor[s].name);
    }
    for (int i = 0; i < n; i++) {
        pg_sink_putf(sink, "\n%-9s", country_name(&country[i]));
        for (int s = 0; s < c->all.n; s++) {
            pg_sink_putf(sink, " %12s", pg_render_number(
                             number, country[i].count[s]));
        }
    }
    pg_sink_puts(sink, "\n\n");
}

/* What the asterisks mean. */
static void text_notes(pg_sink_t *sink, const pg_compare_t *c)
{
    bool any[PG_REACHED_END + 1] = { false };

    for (int m = 0; m < c->all.months; m++) {
        any[reached(c, m)] = true;
    }
    if (any[PG_REACHED_SO_FAR]) {
        pg_sink_putf(sink, "* %s\n",
                     pg_phrases_get(c->lang, PG_PHRASE_MONTH_PARTIAL));
    }
    if (any[PG_REACHED_END]) {
        pg_sink_putf(sink, "* %s\n",
                     pg_phrases_get(c->lang, PG_PHRASE_MONTH_ENDED));
    }
}

static apr_status_t render_text(pg_sink_t *sink, const pg_compare_t *c,
                                apr_pool_t *pool)
{
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (shows(c, f)) {
            text_table(sink, c, f, pool);
        }
    }
    text_countries(sink, c, pool);
    if (c->all.months == 0) {
        pg_sink_putf(sink, "%s\n",
                     pg_phrases_get(c->lang, PG_PHRASE_FOUND_NONE));
    }
    text_notes(sink, c);
    return sink->status;
}

static void csv_row(pg_sink_t *sink, const pg_compare_t *c, int f, int m,
                    int s)
{
    char month[PG_TIME_SIZE];
    apr_uint64_t n;

    pg_sink_putf(sink, "%s,%s,", month_of(c, m, month),
                 pg_vocab_family((pg_family_e)f));
    pg_escape_csv(sink, pg_span_str(c->all.sensor[s].name));
    n = pg_sensors_count(&c->all, s, m, (pg_family_e)f);
    if (n || pg_sensors_watched(&c->all, s, m)) {
        pg_sink_putf(sink, ",%" APR_UINT64_T_FMT "\r\n", n);
    }
    else {
        pg_sink_puts(sink, ",\r\n");   /* unknown                          */
    }
}

static apr_status_t render_csv(pg_sink_t *sink, const pg_compare_t *c,
                               apr_pool_t *pool)
{
    (void)pool;
    pg_sink_puts(sink, "month,family,sensor,attempts\r\n");
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        for (int m = 0; shows(c, f) && m < c->all.months; m++) {
            for (int s = 0; s < c->all.n; s++) {
                csv_row(sink, c, f, m, s);
            }
        }
    }
    return sink->status;
}

/* --- SVG and HTML -------------------------------------------------------- */

static apr_status_t render_svg(pg_sink_t *sink, const pg_compare_t *c,
                               apr_pool_t *pool)
{
    pg_sensorchart_put(sink, &c->all, c->family, c->lang, pool);
    return sink->status;
}

static void html_names(pg_sink_t *sink, const pg_compare_t *c)
{
    pg_sink_puts(sink, "<div class=\"wide\"><table>\n<tr><th></th>");
    for (int s = 0; s < c->all.n; s++) {
        pg_sink_puts(sink, "<th scope=\"col\">");
        pg_escape_html(sink, pg_span_str(c->all.sensor[s].name));
        pg_sink_puts(sink, "</th>");
    }
}

static void html_countries(pg_sink_t *sink, const pg_compare_t *c,
                           apr_pool_t *pool)
{
    int n;
    const pg_country_t *country = pg_geo_countries(&n, c->geo, &c->all, pool);
    char number[PG_NUMBER_SIZE];

    if (country == NULL) {
        return;
    }
    pg_sink_putf(sink, "<h2>%s</h2>\n",
                 pg_phrases_get(c->lang, PG_PHRASE_COUNTRIES));
    html_names(sink, c);
    for (int i = 0; i < n; i++) {
        pg_sink_putf(sink, "</tr>\n<tr><th scope=\"row\">%s</th>",
                     country_name(&country[i]));
        for (int s = 0; s < c->all.n; s++) {
            pg_sink_putf(sink, "<td>%s</td>",
                         pg_render_number(number, country[i].count[s]));
        }
    }
    pg_sink_puts(sink, "</tr>\n</table></div>\n");
}

static void html_table(pg_sink_t *sink, const pg_compare_t *c, int f)
{
    char month[PG_TIME_SIZE], number[PG_NUMBER_SIZE];

    html_names(sink, c);
    for (int m = 0; m < c->all.months; m++) {
        pg_sink_putf(sink, "</tr>\n<tr><th scope=\"row\">%s",
                     month_of(c, m, month));
        if (is_partial(c, m)) {
            pg_sink_putf(sink, " <i>(%s)</i>",
                         pg_phrases_get(c->lang,
                                        reached(c, m) == PG_REACHED_END
                                            ? PG_PHRASE_IN_PART
                                            : PG_PHRASE_SO_FAR));
        }
        pg_sink_puts(sink, "</th>");
        for (int s = 0; s < c->all.n; s++) {
            pg_sink_putf(sink, "<td>%s</td>",
                         count(c, s, m, (pg_family_e)f, number));
        }
    }
    pg_sink_puts(sink, "</tr>\n</table></div>\n");
}

static void html_family(pg_sink_t *sink, const pg_compare_t *c, int f,
                        apr_pool_t *pool)
{
    const char *words = pg_sensors_words(&c->all, (pg_family_e)f, c->lang,
                                         pool);

    pg_sink_putf(sink, "<h2>%s</h2>\n",
                 pg_phrases_get(c->lang, PG_PHRASE_OF(FAMILY_GET, f)));
    if (words) {
        pg_sink_puts(sink, "<p>");
        pg_escape_html(sink, pg_span_str(words));
        pg_sink_puts(sink, "</p>\n");
    }
    pg_sensorchart_put(sink, &c->all, f, c->lang, pool);
    html_table(sink, c, f);
}

static apr_status_t render_html(pg_sink_t *sink, const pg_compare_t *c,
                                apr_pool_t *pool)
{
    const char *title = pg_phrases_get(c->lang, PG_PHRASE_SENSORS_TITLE);

    pg_sink_putf(sink,
                 "<!DOCTYPE html>\n<html lang=\"%s\"><head>"
                 "<meta charset=\"utf-8\"><title>%s</title>\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n"
                 "<style>:root{color-scheme:light dark}"
                 "body{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;"
                 "margin:auto;padding:1rem}svg{max-width:100%%;height:auto}"
                 ".wide{overflow-x:auto}"
                 "td,th{padding:.1rem .8rem;text-align:right}</style></head>\n"
                 "<body><h1>%s</h1>\n",
                 pg_lang_tag(c->lang), title, title);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (shows(c, f)) {
            html_family(sink, c, f, pool);
        }
    }
    html_countries(sink, c, pool);
    if (c->all.months == 0) {
        pg_sink_putf(sink, "<p>%s</p>\n",
                     pg_phrases_get(c->lang, PG_PHRASE_FOUND_NONE));
    }
    pg_sink_puts(sink, "</body></html>\n");
    return sink->status;
}

static const pg_compare_format_t formats[] = {
    { "text", render_text },
    { "csv",  render_csv },
    { "html", render_html },
    { "svg",  render_svg },
    { NULL, NULL },
};

const pg_compare_format_t *pg_compare_formats(void)
{
    return formats;
}
