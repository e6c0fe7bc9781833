/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_evidencefile.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "pg_escape.h"

/* --- reading ------------------------------------------------------------- */

static int read_file(const pg_cli_t *cli, pg_evidencefile_line_fn *line,
                     void *to, const char *path)
{
    bool standard = strcmp(path, "-") == 0, more = true;
    FILE *file = standard ? stdin : fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    ssize_t n;
    bool failed;

    if (file == NULL) {
        pg_cli_say(cli, "%s: cannot be opened", path);
        return PG_EXIT_NO_INPUT;
    }
    while (more && (n = getline(&text, &size, file)) > 0) {
        more = line(to, pg_span_make(text,
                                     (apr_size_t)(n - (text[n - 1] == '\n'))));
    }
    failed = ferror(file) != 0;
    free(text);
    if (!standard) {
        fclose(file);
    }
    if (failed) {
        pg_cli_say(cli, "%s: cannot be read to its end", path);
    }
    return failed ? PG_EXIT_OUTPUT : 0;
}

int pg_evidencefile_read(const pg_cli_t *cli, pg_evidencefile_line_fn *line,
                         void *to)
{
    int status = optind == cli->argc ? read_file(cli, line, to, "-") : 0;

    for (int i = optind; i < cli->argc && status == 0; i++) {
        status = read_file(cli, line, to, cli->argv[i]);
    }
    return status;
}

int pg_evidencefile_judge(const pg_cli_t *cli, apr_uint64_t unread,
                          apr_uint64_t lines)
{
    if (unread == 0) {
        return 0;
    }
    pg_cli_say(cli, "could not read %" APR_UINT64_T_FMT " of %"
               APR_UINT64_T_FMT " lines as evidence", unread, lines);
    return unread == lines ? PG_EXIT_DATA : 0;
}

const json_t *pg_evidencefile_member(const json_t *line, const char *path)
{
    char name[32];

    while (line && *path) {
        apr_size_t n = strcspn(path, ".");

        apr_cpystrn(name, path, n + 1 < sizeof(name) ? n + 1 : sizeof(name));
        line = json_object_get(line, name);
        path += n + (path[n] == '.');
    }
    return line;
}

const char *pg_evidencefile_text(const json_t *line, const char *path)
{
    return json_string_value(pg_evidencefile_member(line, path));
}

pg_class_e pg_evidencefile_class(const json_t *line)
{
    return pg_vocab_class_by_name(
        pg_span_str(pg_evidencefile_text(line, "proxyguard.class")));
}

/* --- masking ------------------------------------------------------------- */

/* Without a port; an IPv6 address as it is, since any mask recognises it. */
static pg_span_t host_of(const char *text)
{
    pg_span_t s = pg_span_str(text);
    pg_authority_t a;

    pg_target_authority(&a, s);
    return a.port_text.len && a.host.len ? a.host : s;
}

pg_article_t pg_evidencefile_mask(const pg_article_t *mask, pg_span_t *room,
                                  const json_t *line)
{
    static const char *const hosts[PG_EVIDENCEFILE_KNOWN] = {
        "destination.address", "source.address", "server.address",
        "observer.name"
    };
    pg_article_t out = *mask;

    out.known = room;
    for (apr_size_t i = 0; i < PG_EVIDENCEFILE_KNOWN && !mask->masks; i++) {
        const char *text = pg_evidencefile_text(line, hosts[i]);

        if (text) {
            room[out.n_known++] = host_of(text);
        }
    }
    return out;
}

static json_t *masked_text(const pg_article_t *mask, const char *path,
                           const char *text)
{
    char *out = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&out, &size);
    pg_sink_t sink = pg_cli_sink(stream);
    json_t *string = NULL;

    if (stream) {
        pg_article_put_named(&sink, mask, pg_span_str(path),
                             pg_span_str(text));
        string = fclose(stream) == 0 ? json_stringn(out, size) : NULL;
    }
    free(out);
    return string;
}

/* All except our own words: "proxyguard.attempts" is not a host. */
json_t *pg_evidencefile_masked(const pg_article_t *mask, const char *path,
                               const json_t *value, apr_pool_t *pool)
{
    json_t *out;
    const char *key;
    json_t *one;
    size_t i;

    if (json_is_string(value)) {
        return masked_text(mask, path, json_string_value(value));
    }
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach((json_t *)value, i, one) {
            json_array_append_new(out, pg_evidencefile_masked(mask, path, one,
                                                              pool));
        }
        return out;
    }
    if (!json_is_object(value) || strcmp(path, ".event") == 0) {
        return json_deep_copy(value);
    }
    out = json_object();
    json_object_foreach((json_t *)value, key, one) {
        json_object_set_new(out, key, pg_evidencefile_masked(
            mask, apr_pstrcat(pool, path, ".", key, NULL), one, pool));
    }
    return out;
}

/* --- writing ------------------------------------------------------------- */

static void put_named(pg_sink_t *sink, const pg_article_t *mask,
                      const char *name, const char *text)
{
    if (text && mask) {
        pg_article_put_named(sink, mask, pg_span_str(name), pg_span_str(text));
    }
    else if (text) {
        pg_escape_text(sink, pg_span_str(text));
    }
}

void pg_evidencefile_put(pg_sink_t *sink, const pg_article_t *mask,
                         const char *text)
{
    put_named(sink, mask, "", text);
}

static void put_member(pg_sink_t *sink, const pg_article_t *mask,
                       const json_t *line, const char *path)
{
    put_named(sink, mask, path, pg_evidencefile_text(line, path));
}

void pg_evidencefile_put_request(pg_sink_t *sink, const pg_article_t *mask,
                                 const json_t *line)
{
    const char *method = pg_evidencefile_text(line, "http.request.method");
    const char *version = pg_evidencefile_text(line, "http.version");

    /* the first word of a line that is only "host:port" */
    if (method) {
        pg_evidencefile_put(sink, mask, method);
        pg_sink_puts(sink, " ");
    }
    put_member(sink, mask, line, "url.original");
    if (version) {
        pg_sink_puts(sink, " HTTP/");
        pg_escape_text(sink, pg_span_str(version));
    }
}

void pg_evidencefile_put_all(pg_sink_t *sink, const pg_article_t *mask,
                             const json_t *line)
{
    static const char *const about[] = {
        "@timestamp", "source.address", "proxyguard.class",
        "proxyguard.outcome"
    };
    const json_t *headers = pg_evidencefile_member(line,
                                                   "http.request.headers");
    pg_span_t room[PG_EVIDENCEFILE_KNOWN];
    pg_article_t known;

    if (mask) {
        known = pg_evidencefile_mask(mask, room, line);
        mask = &known;
    }
    pg_sink_puts(sink, "#");
    for (apr_size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
        pg_sink_puts(sink, " ");
        put_member(sink, mask, line, about[i]);
    }
    pg_sink_puts(sink, "\n");
    pg_evidencefile_put_request(sink, mask, line);
    pg_sink_puts(sink, "\n");
    for (size_t i = 0; i < json_array_size(headers); i++) {
        pg_evidencefile_put(sink, mask,
                            json_string_value(json_array_get(headers, i)));
        pg_sink_puts(sink, "\n");
    }
    pg_sink_puts(sink, "\n");
}
