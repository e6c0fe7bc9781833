/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_proxyconf.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_request.h>
#include <util_cfgtree.h>

#include "pg_config.h"
#include "pg_names.h"

/* --- backends ------------------------------------------------------------ */

/* Where a backend may be named: in what makes mod_proxy connect, in what sets
 * variables that a rule may use, and in the patterns of both. */
static bool names_backends(const char *directive)
{
    static const char *const names[] = {
        "ProxyPass", "ProxyPassMatch", "BalancerMember", "RewriteRule",
        "RewriteCond", "SetHandler", "AddHandler", "SetEnv", "SetEnvIf",
        "SetEnvIfNoCase", "SetEnvIfExpr", "RequestHeader", "ProxyFCGISetEnvIf",
        "<Proxy", "<LocationMatch", "<DirectoryMatch", "<If", "<ElseIf", NULL
    };
    const char *const *name = names;

    while (*name && ap_cstr_casecmp(directive, *name)) {
        name++;
    }
    return *name != NULL;
}

/* A pattern for the client, or for where it came from, often names those to
 * keep out, and never a backend. */
static bool is_about_client(const char *subject)
{
    return strstr(subject, "REMOTE_") || strstr(subject, "HTTP_REFERER")
           || strstr(subject, "HTTP_USER_AGENT");
}

static void read_arguments(pg_backends_t *out, const ap_directive_t *node,
                           apr_pool_t *pool)
{
    const char *args = node->args;
    bool setenvif = ap_cstr_casecmpn(node->directive, "SetEnvIf", 8) == 0;
    int first = ap_cstr_casecmp(node->directive, "SetEnvIfExpr") ? 2 : 1;

    for (int i = 0; *args; i++) {
        const char *arg = ap_getword_conf(pool, &args);
        const char *value = strchr(arg, '=');

        if (i == 0 && is_about_client(arg)
            && ap_cstr_casecmp(node->directive, "RewriteCond") == 0) {
            return;
        }
        /* attribute and pattern, or an expression, then what is set */
        if (!setenvif || (i >= first && value)) {
            pg_backends_read(out, pg_span_str(setenvif ? value + 1 : arg));
        }
    }
}

static bool ends_in_slash(const char *path)
{
    apr_size_t n = strlen(path);

    n -= n > 0 && path[n - 1] == '>';            /* of a section          */
    return n > 0 && path[n - 1] == '/';
}

/* "ProxyPass / http://backend": the rest of the path goes right after the
 * host. */
static void read_pass(pg_backends_t *out, const ap_directive_t *node,
                      apr_pool_t *pool)
{
    const char *args = node->args, *section = node->parent
                                              ? node->parent->args : "";
    const char *path = ap_getword_conf(pool, &args), *url = path;

    if (path[0] == '/') {
        url = ap_getword_conf(pool, &args);
    }
    else {
        path = ap_getword_conf(pool, &section);
    }
    if (ends_in_slash(path)) {
        pg_backends_read_open(out, pg_span_str(url));
    }
}

static bool is_refusal(char *flags)
{
    static const char *const words[] = { "F", "forbidden", "G", "gone", "R",
                                         "redirect" };
    char *state, *flag = apr_strtok(flags, "[], ", &state);

    for (; flag; flag = apr_strtok(NULL, "[], ", &state)) {
        for (apr_size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            apr_size_t n = strlen(words[i]);
            if (ap_cstr_casecmpn(flag, words[i], n) == 0
                && (flag[n] == '\0' || flag[n] == '=')) {
                return true;
            }
        }
    }
    return false;
}

/* A rule that refuses or redirects names what mod_proxy is not to reach, and
 * so do its conditions. */
static bool refuses(const ap_directive_t *node, apr_pool_t *pool)
{
    const char *args;

    while (node && ap_cstr_casecmp(node->directive, "RewriteCond") == 0) {
        node = node->next;
    }
    if (node == NULL || ap_cstr_casecmp(node->directive, "RewriteRule")) {
        return false;
    }
    args = node->args;
    (void)ap_getword_conf(pool, &args);
    (void)ap_getword_conf(pool, &args);
    return is_refusal(ap_getword_conf(pool, &args));
}

/* A condition around directives that name no backend is about something else,
 * mostly access. */
static bool is_idle_condition(const ap_directive_t *node)
{
    const ap_directive_t *in = node->first_child;

    while (in && !names_backends(in->directive)) {
        in = in->next;
    }
    return in == NULL && (ap_cstr_casecmpn(node->directive, "<If", 3) == 0
                          || ap_cstr_casecmp(node->directive, "<ElseIf") == 0);
}

/* What a section that lets nobody through names is not meant to be reached,
 * and httpd itself asks <Proxy> only about what rules of the server forward. */
static bool is_closed(const ap_directive_t *node)
{
    const ap_directive_t *in = node->first_child;

    while (in && ap_cstr_casecmp(in->directive, "Deny")
           && (ap_cstr_casecmp(in->directive, "Require")
               || ap_cstr_casecmp(in->args, "all denied"))) {
        in = in->next;
    }
    return in != NULL && node->directive[0] == '<';
}

/* The values of a map, as they are at the start. */
static void read_map(pg_backends_t *out, const char *args, apr_pool_t *pool)
{
    char *text, *line, *state;
    const char *path;

    (void)ap_getword_conf(pool, &args);
    path = ap_getword_conf(pool, &args);
    if (strncmp(path, "txt:", 4) && strncmp(path, "rnd:", 4)) {
        return;
    }
    path = ap_server_root_relative(pool, path + 4);
    text = path ? apr_pstrdup(pool, pg_names_text(path, pool).ptr) : NULL;
    line = text ? apr_strtok(text, "\r\n", &state) : NULL;
    for (; line; line = apr_strtok(NULL, "\r\n", &state)) {
        const char *rest = line;
        (void)ap_getword_white(pool, &rest);
        if (line[0] != '#') {
            pg_backends_read(out, pg_span_str(ap_getword_white(pool, &rest)));
        }
    }
}

static void read_tree(pg_backends_t *out, const ap_directive_t *node,
                      apr_pool_t *pool)
{
    for (; node; node = node->next) {
        if (node->args && names_backends(node->directive)
            && !is_idle_condition(node) && !is_closed(node)
            && !refuses(node, pool)) {
            read_arguments(out, node, pool);
            if (ap_cstr_casecmp(node->directive, "ProxyPass") == 0) {
                read_pass(out, node, pool);
            }
        }
        else if (ap_cstr_casecmp(node->directive, "RewriteMap") == 0) {
            read_map(out, node->args, pool);
        }
        read_tree(out, node->first_child, pool);
    }
}

pg_backends_t *pg_proxyconf_backends(server_rec *main_server,
                                     apr_pool_t *pool)
{
    pg_backends_t *out = pg_backends_create(pool);

    read_tree(out, ap_conftree, pool);
    for (const server_rec *s = main_server; s; s = s->next) {
        const apr_array_header_t *more = pg_config_of(s)->backends;
        for (int i = 0; i < more->nelts; i++) {
            /* examined when it was read */
            (void)pg_backends_declare(
                out, pg_span_str(APR_ARRAY_IDX(more, i, const char *)));
        }
    }
    return out;
}

/* --- .htaccess ----------------------------------------------------------- */

/* httpd reads the first of the names that can be opened. */
static ap_configfile_t *open_htaccess(request_rec *r, const char *dir)
{
    const core_server_config *core =
        ap_get_core_module_config(r->server->module_config);
    const char *names = core->access_name ? core->access_name
                                          : DEFAULT_ACCESS_FNAME;
    const char *full;
    ap_configfile_t *file = NULL;

    while (file == NULL && *names) {
        (void)ap_run_open_htaccess(r, dir, ap_getword_conf(r->pool, &names),
                                   &file, &full);
    }
    return file;
}

/* A directive for each line: sections do not matter here. */
static const ap_directive_t *read_htaccess(request_rec *r, const char *dir)
{
    ap_configfile_t *file = open_htaccess(r, dir);
    ap_directive_t *first = NULL, **at = &first;
    char line[MAX_STRING_LEN];

    if (file == NULL) {
        return NULL;
    }
    while (ap_cfg_getline(line, sizeof(line), file) == APR_SUCCESS) {
        const char *rest = apr_pstrdup(r->pool, line);

        *at = apr_pcalloc(r->pool, sizeof(**at));
        (*at)->directive = ap_getword_conf(r->pool, &rest);
        (*at)->args = rest;
        at = &(*at)->next;
    }
    ap_cfg_closefile(file);
    return first;
}

const pg_backends_t *
pg_proxyconf_with_htaccess(const pg_backends_t *backends, request_rec *r)
{
    pg_backends_t *out = NULL;

    for (const struct htaccess_result *h = r->htaccess; h; h = h->next) {
        if (h->htaccess) {
            out = out ? out : pg_backends_extend(backends, r->pool);
            read_tree(out, read_htaccess(r, h->dir), r->pool);
        }
    }
    return out ? out : backends;
}

/* --- do fields change after a rule has read them? ------------------------ */

/* "X-Target" also appears as HTTP_X_TARGET, and may match "^X-". */
static bool mentions(const char *args, const char *field)
{
    apr_size_t n = strlen(field);

    for (; *args; args++) {
        apr_size_t i = 0;
        while (i < n && (pg_octet_lower(args[i]) == pg_octet_lower(field[i])
                         || (args[i] == '_' && field[i] == '-'))) {
            i++;
        }
        if (i == n) {
            return true;
        }
    }
    return false;
}

static bool is_read(const ap_directive_t *node, const char *field)
{
    static const char meta[] = "^$.*[(?+|\\";

    for (; node; node = node->next) {
        const char *args = node->args;

        if (is_read(node->first_child, field)) {
            return true;
        }
        if (args == NULL || !names_backends(node->directive)
            || ap_cstr_casecmp(node->directive, "RequestHeader") == 0) {
            continue;
        }
        if (mentions(args, field)
            || (ap_cstr_casecmpn(node->directive, "SetEnvIf", 8) == 0
                && strcspn(args, meta) < strcspn(args, " \t"))) {
            return true;
        }
    }
    return false;
}

/* RequestHeader set|unset|edit FIELD: what the client sent is lost. */
static bool takes_away(const ap_directive_t *node, apr_pool_t *pool)
{
    const char *args = node->args, *action;
    const char *field;

    if (ap_cstr_casecmp(node->directive, "RequestHeader")) {
        return false;
    }
    action = ap_getword_conf(pool, &args);
    field = ap_getword_conf(pool, &args);
    return (ap_cstr_casecmp(action, "set") == 0
            || ap_cstr_casecmp(action, "unset") == 0
            || ap_cstr_casecmpn(action, "edit", 4) == 0)
           && (ap_cstr_casecmp(field, "Host") == 0
               || is_read(ap_conftree, field));
}

/* Then .htaccess may contain both kinds of directive. */
static bool lets_override(const ap_directive_t *node)
{
    return ap_cstr_casecmp(node->directive, "AllowOverrideList") == 0
           ? ap_cstr_casecmp(node->args, "None") != 0
           : ap_cstr_casecmp(node->directive, "AllowOverride") == 0
             && (mentions(node->args, "FileInfo")
                 || mentions(node->args, "All"));
}

static bool changes_fields(const ap_directive_t *node, apr_pool_t *pool)
{
    while (node && !changes_fields(node->first_child, pool)
           && !lets_override(node) && !takes_away(node, pool)) {
        node = node->next;
    }
    return node != NULL;
}

bool pg_proxyconf_change_fields(apr_pool_t *pool)
{
    return changes_fields(ap_conftree, pool);
}
