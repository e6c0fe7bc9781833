/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_query.h"

/* --- parameters ---------------------------------------------------------- */

/* 1 to 7 digits within bounds; false for all else. */
static bool number_within(pg_span_t s, int lowest, int highest, int *out)
{
    int n = 0;

    if (s.len == 0 || s.len > 7) {
        return false;
    }
    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is_digit(s.ptr[i])) {
            return false;
        }
        n = n * 10 + (s.ptr[i] - '0');
    }
    *out = n;
    return n >= lowest && n <= highest;
}

static bool take_format(pg_query_t *q, pg_span_t value)
{
    q->format = pg_report_format(value);
    return q->format != NULL;
}

static bool take_auto(pg_query_t *q, pg_span_t value)
{
    q->format = pg_report_format(PG_SPAN("auto"));
    return value.ptr == NULL;
}

static bool take_lang(pg_query_t *q, pg_span_t value)
{
    q->lang_given = true;
    for (int i = 0; i < PG_LANG_COUNT; i++) {
        if (pg_span_eq(value,
                       pg_span_str(pg_lang_tag((pg_lang_e)i)))) {
            q->view.lang = (pg_lang_e)i;
            return true;
        }
    }
    return false;
}

static bool take_mask(pg_query_t *q, pg_span_t value)
{
    q->view.mask = value.ptr == NULL || pg_span_eq(value, PG_SPAN("1"));
    return q->view.mask || pg_span_eq(value, PG_SPAN("0"));
}

static bool take_window(pg_query_t *q, pg_span_t value)
{
    static const struct {
        char unit;
        int seconds, most;
    } units[] = { { 'm', 60, 1152000 }, { 'h', 3600, 19200 },
                  { 'd', 86400, 800 } };
    int n;

    for (int i = 0; i < 3 && value.len; i++) {
        if (value.ptr[value.len - 1] == units[i].unit
            && number_within(pg_span_upto(value, value.len - 1), 1,
                             units[i].most, &n)) {
            q->view.window = apr_time_from_sec((apr_time_t)n
                                               * units[i].seconds);
            return true;
        }
    }
    return false;
}

static bool take_top(pg_query_t *q, pg_span_t value)
{
    return number_within(value, 1, PG_TOP_MOST, &q->view.top);
}

static bool take_refresh(pg_query_t *q, pg_span_t value)
{
    return number_within(value, 1, 3600, &q->view.refresh);
}

/* "until" names the last period shown, and so means its end. */
static bool take_since(pg_query_t *q, pg_span_t value)
{
    pg_range_t range;

    if (!pg_when_parse(&range, value)) {
        return false;
    }
    q->view.since = range.from;
    q->range_given = true;
    return true;
}

static bool take_until(pg_query_t *q, pg_span_t value)
{
    pg_range_t range;

    if (!pg_when_parse(&range, value)) {
        return false;
    }
    q->view.until = range.to;
    q->range_given = true;
    return true;
}

static bool take_month(pg_query_t *q, pg_span_t value)
{
    pg_range_t range;

    if (value.len != 7 || !pg_when_parse(&range, value)) {
        return false;
    }
    q->view.since = range.from;
    q->view.until = range.to;
    q->month_given = true;
    return true;
}

static bool take_months(pg_query_t *q, pg_span_t value)
{
    return number_within(value, 1, 240, &q->view.months);
}

static bool take_class(pg_query_t *q, pg_span_t value)
{
    pg_class_e c = pg_vocab_class_by_name(value);

    q->view.only_class = (int)c + 1;
    return c != PG_CLASS_CLEAN;
}

static bool take_by(pg_query_t *q, pg_span_t value)
{
    static const char *const names[] = {
        [PG_PERIOD_HOUR] = "hour", [PG_PERIOD_DAY] = "day",
        [PG_PERIOD_MONTH] = "month"
    };

    for (int p = PG_PERIOD_HOUR; p < PG_PERIOD_COUNT; p++) {
        if (pg_span_eq(value, pg_span_str(names[p]))) {
            q->view.by = p + 1;
            return true;
        }
    }
    return false;
}

/* RFC 3986 2.1. */
static bool take_text(char out[PG_QUERY_TEXT], pg_span_t *text, pg_span_t s)
{
    apr_size_t n = 0;

    for (apr_size_t i = 0; i < s.len && n < PG_QUERY_TEXT; i++) {
        int octet = s.ptr[i] == '%' ? pg_span_hex(s, i + 1)
                                    : (unsigned char)s.ptr[i];
        if (octet < 0) {
            return false;
        }
        i += s.ptr[i] == '%' ? 2 : 0;
        out[n++] = (char)octet;
    }
    *text = pg_span_make(out, n);
    return n > 0 && n < PG_QUERY_TEXT;
}

static bool take_source(pg_query_t *q, pg_span_t value)
{
    return take_text(q->source, &q->view.source, value);
}

static bool take_target(pg_query_t *q, pg_span_t value)
{
    return take_text(q->target, &q->view.target, value);
}

static bool take_tz(pg_query_t *q, pg_span_t value)
{
    return pg_when_zone(&q->view.zone, value);
}

typedef struct parameter_t {
    pg_span_t name;
    bool (*take)(pg_query_t *q, pg_span_t value);
    const char *wrong, *takes;
} parameter_t;

#define PARAMETER(id, takes)                                      \
    { { .ptr = #id, .len = sizeof(#id) - 1 }, take_##id,          \
      "The parameter " #id " takes " takes ", once.", takes },
#define PARAMETER_NAME(id, takes) #id " "

static const parameter_t parameters[] = { PG_PARAMETERS(PARAMETER) };
#define PARAMETER_COUNT ((int)(sizeof(parameters) / sizeof(*parameters)))

static const char unknown[] =
    "There is a parameter that this page does not know; it knows: "
    PG_PARAMETERS(PARAMETER_NAME) "(see docs/status-page.md).";

const char *pg_query_take(pg_query_t *out, pg_span_t name, pg_span_t value)
{
    for (int i = 0; i < PARAMETER_COUNT; i++) {
        if (pg_span_eq(name, parameters[i].name)) {
            return !parameters[i].take(out, value) ? parameters[i].takes
                   : out->month_given && out->range_given
                   ? "to be combined: month takes the place of since and until"
                   : NULL;
        }
    }
    return unknown;
}

/* One "name" or "name=value". */
static const char *parse_one(pg_query_t *q, pg_span_t pair, unsigned *seen)
{
    apr_size_t sign = pg_span_find(pair, '=');
    pg_span_t name = pg_span_upto(pair, sign);
    pg_span_t value = sign < pair.len ? pg_span_from(pair, sign + 1)
                                      : PG_ABSENT;

    for (int i = 0; i < PARAMETER_COUNT; i++) {
        if (pg_span_eq(name, parameters[i].name)) {
            if ((*seen & 1u << i) || !parameters[i].take(q, value)) {
                return parameters[i].wrong;
            }
            *seen |= 1u << i;
            return NULL;
        }
    }
    return unknown;
}

const char *pg_query_parse(pg_query_t *out, pg_span_t args)
{
    unsigned seen = 0;
    const char *wrong = NULL;

    memset(out, 0, sizeof(*out));
    while (args.len && wrong == NULL) {
        pg_span_t one = pg_span_take(&args, '&');

        if (one.len > 0) {
            wrong = parse_one(out, one, &seen);
        }
    }
    /* ?auto is a format too. */
    if (wrong == NULL && (seen & 3) == 3) {
        wrong = parameters[0].wrong;
    }
    if (wrong == NULL && out->month_given && out->range_given) {
        wrong = "The parameter month takes the place of since and until: give "
                "either it or these.";
    }
    if (wrong == NULL && out->view.until
        && out->view.since >= out->view.until) {
        wrong = "The parameter since must name a time before until.";
    }
    return wrong;
}

/* --- Accept and Accept-Language ------------------------------------------ */

/* The next element up to a separator, which is taken as well. */
static pg_span_t next_of(pg_span_t *rest, char separator)
{
    return pg_span_trim(pg_span_take(rest, separator));
}

/* "0.25" as 250; anything but a qvalue as 0: not acceptable. */
static int quality(pg_span_t s)
{
    int q = 0, digit = 100;

    if (s.len == 0 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1')
        || (s.len > 1 && s.ptr[1] != '.')) {
        return 0;
    }
    q = (s.ptr[0] - '0') * 1000;
    for (apr_size_t i = 2; i < s.len; i++, digit /= 10) {
        if (!pg_octet_is_digit(s.ptr[i])) {
            return 0;
        }
        q += (s.ptr[i] - '0') * digit;
    }
    return q > 1000 ? 0 : q;
}

/* One element of either field. */
typedef struct choice_t {
    pg_span_t what;
    bool versioned;              /* version=0.0.4: Prometheus' text       */
    int q;
} choice_t;

static choice_t choice_of(pg_span_t element)
{
    choice_t c = { .q = 1000 };

    c.what = next_of(&element, ';');
    while (element.len) {
        pg_span_t parameter = next_of(&element, ';');

        if (pg_span_istarts(parameter, PG_SPAN("q="))) {
            c.q = quality(pg_span_from(parameter, 2));
        }
        c.versioned |= pg_span_ieq(parameter, PG_SPAN("version=0.0.4"));
    }
    return c;
}

static const struct {
    pg_span_t type;
    const char *format;
    bool metrics;
} media[] = {
    { { "text/html", 9 }, "html", false },
    { { "application/xhtml+xml", 21 }, "html", false },
    { { "application/json", 16 }, "json", false },
    { { "application/openmetrics-text", 28 }, "openmetrics", true },
    { { "text/csv", 8 }, "csv", false },
    { { "text/plain", 10 }, "text", false },
    { { "text/*", 6 }, "html", false },
    { { "*/*", 3 }, "html", false },
};

static const pg_format_t *format_for(const choice_t *c, bool metrics)
{
    if (pg_span_ieq(c->what, PG_SPAN("text/plain"))
        && (c->versioned || metrics)) {
        return pg_report_format(PG_SPAN("prometheus"));
    }
    for (apr_size_t i = 0; i < sizeof(media) / sizeof(*media); i++) {
        if (media[i].metrics >= metrics
            && pg_span_ieq(c->what, media[i].type)) {
            return pg_report_format(pg_span_str(media[i].format));
        }
    }
    return NULL;
}

const pg_format_t *pg_query_accept_format(pg_span_t accept, bool metrics)
{
    const pg_format_t *best = metrics ? pg_report_format(PG_SPAN("prometheus"))
                                      : pg_report_formats();
    int q = 0;

    while (accept.len) {
        choice_t c = choice_of(next_of(&accept, ','));
        const pg_format_t *format = format_for(&c, metrics);

        if (format && c.q > q) {
            q = c.q;
            best = format;
        }
    }
    return best;
}

pg_lang_e pg_query_accept_lang(pg_span_t accept_language)
{
    pg_lang_e best = PG_LANG_EN;
    int q = 0;

    while (accept_language.len) {
        choice_t c = choice_of(next_of(&accept_language, ','));
        pg_span_t primary = pg_span_upto(c.what, pg_span_find(c.what, '-'));

        for (int i = 0; i < PG_LANG_COUNT; i++) {
            if (c.q > q && pg_span_ieq(primary,
                    pg_span_str(pg_lang_tag((pg_lang_e)i)))) {
                q = c.q;
                best = (pg_lang_e)i;
            }
        }
    }
    return best;
}
