/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_chart.h"

#include <math.h>

#include "pg_render.h"

/* In the units of the viewBox; the numbers of the axis are right of PLOT_W. */
enum {
    WIDTH = 760, HEIGHT = 212,
    PLOT_W = 692, PLOT_TOP = 10, PLOT_H = 168,
    AXIS_LINES = 4,
    LABEL_W = 46                 /* of "2026-10"                          */
};

typedef struct plot_t {
    pg_sink_t *sink;
    const pg_chart_t *chart;
    double top;                  /* value at the upper edge               */
    double column;               /* width of one                          */
    double left;                 /* of the first one                      */
} plot_t;

static apr_uint64_t column_total(const pg_chart_t *chart, apr_size_t column)
{
    apr_uint64_t sum = 0;

    for (int s = 0; s < chart->series; s++) {
        sum += chart->value(chart, column, s);
    }
    return sum;
}

apr_uint64_t pg_chart_highest(const pg_chart_t *chart)
{
    apr_uint64_t highest = 0;

    for (apr_size_t i = 0; i < chart->columns; i++) {
        apr_uint64_t n = chart->stacked ? column_total(chart, i) : 0;

        for (int s = 0; !chart->stacked && s < chart->series; s++) {
            apr_uint64_t one = chart->value(chart, i, s);
            n = one > n ? one : n;
        }
        highest = n > highest ? n : highest;
    }
    return highest;
}

apr_uint64_t pg_chart_step(apr_uint64_t highest, int lines)
{
    static const unsigned char digits[] = { 1, 2, 5 };
    apr_uint64_t need = highest / (apr_uint64_t)lines
                        + (highest % (apr_uint64_t)lines != 0);

    for (apr_uint64_t power = 1; power <= APR_UINT64_MAX / 50; power *= 10) {
        for (int d = 0; d < 3; d++) {
            if (digits[d] * power >= need) {
                return digits[d] * power;
            }
        }
    }
    return need;
}

/* One decimal of a unit is finer than any screen. */
static void coordinate(pg_sink_t *sink, const char *name, double x)
{
    pg_sink_putf(sink, " %s=\"%.1f\"", name, x);
}

/* The height of so many attempts, and its distance from the top. */
static double height_of(const plot_t *plot, double attempts)
{
    const int most = PLOT_H;

    return most * attempts / plot->top;
}

static double y_of(const plot_t *plot, double attempts)
{
    const int base = PLOT_TOP + PLOT_H;

    return base - height_of(plot, attempts);
}

static void axis(const plot_t *plot, apr_uint64_t step)
{
    char number[PG_NUMBER_SIZE];
    apr_uint64_t n = 0;

    do {
        double y = y_of(plot, (double)n);

        pg_sink_puts(plot->sink, n ? "<line class=\"grid\" x1=\"0\""
                                   : "<line class=\"axis\" x1=\"0\"");
        pg_sink_putf(plot->sink, " x2=\"%d\"", PLOT_W);
        coordinate(plot->sink, "y1", y);
        coordinate(plot->sink, "y2", y);
        pg_sink_putf(plot->sink, "/>\n<text x=\"%d\"", PLOT_W + 8);
        coordinate(plot->sink, "y", y + 4);
        pg_sink_putf(plot->sink, ">%s</text>\n", pg_render_number(number, n));
        n += step;
    } while (n >= step && (double)n <= plot->top);
}

static void bar(const plot_t *plot, double x, double width, double from,
                double to, int series)
{
    /* One attempt among thousands is still visible. */
    double height = fmax(height_of(plot, to - from), 1.5);

    pg_sink_putf(plot->sink, "<rect class=\"%s\"", plot->chart->css[series]);
    coordinate(plot->sink, "x", x);
    coordinate(plot->sink, "y", y_of(plot, from) - height);
    coordinate(plot->sink, "width", width);
    coordinate(plot->sink, "height", height);
    pg_sink_puts(plot->sink, "/>");
}

static void bars(const plot_t *plot, apr_size_t column)
{
    const pg_chart_t *chart = plot->chart;
    double room = plot->column * 0.82, base = 0;
    double x = plot->left + plot->column * ((double)column + 0.09);
    double width = chart->stacked ? room : room / chart->series;

    for (int s = 0; s < chart->series; s++) {
        double n = (double)chart->value(chart, column, s);

        if (n > 0) {
            bar(plot, x, width, base, base + n, s);
        }
        base += chart->stacked ? n : 0;
        x += chart->stacked ? 0 : width;
    }
}

static void column_label(const plot_t *plot, apr_size_t column)
{
    char text[PG_CHART_LABEL];
    double x = plot->left + plot->column * ((double)column + 0.5);

    if (2 * x < (double)LABEL_W) {
        return;                  /* it would be clipped                   */
    }
    pg_sink_puts(plot->sink, "<text class=\"x\"");
    coordinate(plot->sink, "x", x);
    pg_sink_putf(plot->sink, " y=\"%d\">%s</text>\n", PLOT_TOP + PLOT_H + 17,
                 plot->chart->label(plot->chart, column, text));
}

/* A pale band: the absence of a bar means nothing here. */
static void gap(const plot_t *plot, apr_size_t column)
{
    pg_sink_puts(plot->sink, "<rect class=\"gap\"");
    coordinate(plot->sink, "x", plot->left + plot->column * (double)column);
    pg_sink_putf(plot->sink, " y=\"%d\"", PLOT_TOP);
    coordinate(plot->sink, "width", plot->column);
    pg_sink_putf(plot->sink, " height=\"%d\"/>\n", PLOT_H);
}

static void columns(const plot_t *plot)
{
    const pg_chart_t *chart = plot->chart;

    for (apr_size_t i = 0; i < chart->columns; i++) {
        bool last = i + 1 == chart->columns;

        if (chart->gap && chart->gap(chart, i)) {
            gap(plot, i);
        }

        if (column_total(chart, i) > 0) {
            pg_sink_puts(plot->sink, last && chart->partial
                                         ? "<g class=\"partial\">"
                                         : "<g>");
            bars(plot, i);
            pg_sink_puts(plot->sink, "</g>\n");
        }
        if ((chart->columns - 1 - i) % chart->label_every == 0) {
            column_label(plot, i);
        }
    }
}

void pg_chart_put(pg_sink_t *sink, const pg_chart_t *chart)
{
    apr_uint64_t highest = pg_chart_highest(chart);
    apr_uint64_t step = pg_chart_step(highest ? highest : 1, AXIS_LINES);
    apr_size_t room = chart->columns > chart->room ? chart->columns
                                                   : chart->room;
    plot_t plot = { .sink = sink, .chart = chart };

    do {
        plot.top += (double)step;
    } while (plot.top < (double)highest);
    plot.column = (double)PLOT_W / (double)room;
    plot.left = plot.column * (double)(room - chart->columns);
    pg_sink_putf(sink,
                 "<svg id=\"%s\" class=\"chart\" role=\"img\" "
                 "aria-labelledby=\"%s-h\" viewBox=\"0 0 %d %d\">\n<title>",
                 chart->id, chart->id, WIDTH, HEIGHT);
    pg_escape_html(sink, pg_span_str(chart->title));
    pg_sink_puts(sink, "</title>\n<desc>");
    pg_escape_html(sink, pg_span_str(chart->about));
    pg_sink_puts(sink, "</desc>\n");
    axis(&plot, step);
    columns(&plot);
    pg_sink_puts(sink, "</svg>\n");
}
