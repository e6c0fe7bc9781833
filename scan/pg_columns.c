/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_columns.h"

#include "pg_logname.h"

/* The next cell of *line; false when there is none. Quotes stay. */
static bool take_cell(pg_span_t *line, const pg_columns_t *c, pg_span_t *cell)
{
    apr_size_t n = 0;

    if (line->ptr == NULL) {
        return false;
    }
    if (c->quoted && line->len && line->ptr[0] == '"') {
        for (n = 1; n < line->len; n++) {
            bool doubled = n + 1 < line->len && line->ptr[n + 1] == '"';
            if (line->ptr[n] == '"' && !doubled) {
                break;
            }
            n += line->ptr[n] == '"' || line->ptr[n] == '\\';
        }
    }
    n = n < line->len ? n : line->len;
    n += pg_span_find(pg_span_from(*line, n), c->separator);
    *cell = pg_span_upto(*line, n);
    if (n == line->len) {
        *line = PG_ABSENT;
        return true;
    }
    do {
        n++;
    } while (c->separator == ' ' && n < line->len && line->ptr[n] == ' ');
    *line = pg_span_from(*line, n);
    return true;
}

/* --- names --------------------------------------------------------------- */

/* A name, not a value: no list of them has an address or a URL in it. */
static bool is_name(pg_span_t cell)
{
    return cell.len && cell.len < PG_LOGNAME_MAX
           && !pg_octet_is_digit(cell.ptr[0])
           && pg_span_find_any(cell, "\"/:=[]{}<>") == cell.len;
}

static bool name_columns(pg_columns_t *c, pg_span_t names)
{
    int at[PG_FIELD_COUNT], rank[PG_FIELD_COUNT];
    pg_span_t cell;

    for (int f = 0; f < PG_FIELD_COUNT; f++) {
        at[f] = -1;
        rank[f] = 0;
    }
    while (take_cell(&names, c, &cell)) {
        pg_span_t text = pg_span_unquoted(cell);
        pg_logname_t name = pg_logname_find(text);
        if (c->n == PG_COLUMNS_MAX || !(is_name(text) || text.len == 0)) {
            return false;
        }
        c->field[c->n] = PG_FIELD_SKIP;
        if (at[name.field] < 0 || name.rank < rank[name.field]) {
            if (at[name.field] >= 0) {
                c->field[at[name.field]] = PG_FIELD_SKIP;
            }
            c->field[c->n] = name.field;
            at[name.field] = c->n;
            rank[name.field] = name.rank;
        }
        c->n++;
    }
    return at[PG_FIELD_REQUEST] >= 0 || at[PG_FIELD_EMBEDDED] >= 0
           || (at[PG_FIELD_METHOD] >= 0
               && (at[PG_FIELD_TARGET] >= 0 || at[PG_FIELD_URL] >= 0));
}

static char separator_of(pg_span_t names)
{
    static const char all[] = "\t,;|";

    for (int i = 0; all[i]; i++) {
        if (pg_span_find(names, all[i]) < names.len) {
            return all[i];
        }
    }
    return ' ';
}

bool pg_columns_learn(pg_columns_t *columns, pg_span_t line)
{
    pg_columns_t c = { .n = 0 };
    bool marked = pg_span_istarts(line, PG_SPAN("#Fields:"))
                  || pg_span_istarts(line, PG_SPAN("#fields\t"));

    if (marked) {
        line = pg_span_trim(pg_span_from(line, 8));
    }
    c.separator = separator_of(line);
    c.quoted = c.separator != ' ';
    if ((!marked && c.separator == ' ') || !name_columns(&c, line)
        || c.n < 3) {
        return false;
    }
    /* CloudFront separates the names of its columns by spaces and the
     * values by tabs, which the lines show; it and IIS write a space as '+'
     * or %20. */
    c.encoded = marked;
    *columns = c;
    return true;
}

/* --- values -------------------------------------------------------------- */

/* Undo doubled quotes and, with `encoded`, %20 and %2520. */
static pg_span_t plain(pg_span_t cell, bool encoded, pg_room_t *room)
{
    char *out = room->at;

    cell = pg_span_unquoted(cell);
    if (pg_span_find_any(cell, encoded ? "\"%" : "\"") == cell.len
        || pg_logline_left(room) < cell.len) {
        return cell;
    }
    for (apr_size_t i = 0; i < cell.len; i++) {
        char c = cell.ptr[i];
        int octet = encoded && c == '%' ? pg_span_hex(cell, i + 1) : -1;
        if (octet >= 0) {
            c = (char)octet;
            i += 2;
        }
        else if (c == '"' && i + 1 < cell.len && cell.ptr[i + 1] == '"') {
            i++;
        }
        *out++ = c;
    }
    cell = pg_span_between(room->at, out);
    room->at = out;
    return cell;
}

/* "2024-11-18" and "11:02:03" in columns of their own. */
static void join_date(pg_logline_t *out, pg_room_t *room)
{
    pg_span_t date = out->field[PG_FIELD_DATE];
    pg_span_t clock = out->field[PG_FIELD_TIME];
    char *to = room->at;

    if (date.len == 0 || clock.len == 0
        || pg_logline_left(room) < date.len + clock.len + 1) {
        return;
    }
    memcpy(to, date.ptr, date.len);
    to[date.len] = ' ';
    memcpy(to + date.len + 1, clock.ptr, clock.len);
    out->field[PG_FIELD_TIME] = pg_span_make(to, date.len + clock.len + 1);
    room->at += date.len + clock.len + 1;
}

bool pg_columns_read(pg_logline_t *out, const pg_columns_t *columns,
                     pg_span_t line, pg_room_t *room)
{
    pg_columns_t c = { .separator = columns->separator,
                       .quoted = columns->quoted };
    pg_span_t cell;
    int n = 0;

    memset(out, 0, sizeof(*out));
    if (c.separator == ' ' && pg_span_find(line, '\t') < line.len) {
        c.separator = '\t';
    }
    while (n < columns->n && take_cell(&line, &c, &cell)) {
        pg_field_e field = columns->field[n++];
        bool text = field == PG_FIELD_AGENT || field == PG_FIELD_HOST;
        if (field != PG_FIELD_SKIP) {
            out->field[field] = plain(cell, columns->encoded && text, room);
        }
    }
    join_date(out, room);
    return n == columns->n && line.ptr == NULL;
}
