/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_names.h"

#include <ap_listen.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <sys/utsname.h>
#include <http_config.h>
#include <http_core.h>
#include <http_request.h>
#include <http_ssl.h>
#include <util_cfgtree.h>

#include "pg_config.h"
#include "pg_hosts.h"
#include "pg_malformed.h"

enum { TEXT_ROOM = PG_HOSTS_MAX + 1 };  /* of a file, and its NUL         */

pg_address_t pg_names_address(const apr_sockaddr_t *sa)
{
    pg_address_t a;

    if (sa->ipaddr_len == 4) {
        return pg_address_ipv4(sa->ipaddr_ptr);
    }
    memcpy(a.octets, sa->ipaddr_ptr, sizeof(a.octets));
    return a;
}

static void add_sockaddr(pg_own_t *own, const apr_sockaddr_t *sa)
{
    for (; sa; sa = sa->next) {
        pg_address_t address = pg_names_address(sa);

        pg_own_add_address(own, &address);
    }
}

static void add_array(pg_own_t *own, const apr_array_header_t *names)
{
    for (int i = 0; names && i < names->nelts; i++) {
        /* A malformed name cannot be requested either. */
        (void)pg_own_add(own, pg_span_str(APR_ARRAY_IDX(names, i,
                                                        const char *)));
    }
}

static void add_addresses(pg_own_t *own, const server_addr_rec *sar)
{
    for (; sar; sar = sar->next) {
        add_sockaddr(own, sar->host_addr);
        /* a lone "*" is not a name */
        if (sar->virthost && ap_cstr_casecmp(sar->virthost, "_default_")) {
            (void)pg_own_add(own, pg_span_str(sar->virthost));
        }
    }
}

static void add_server(pg_own_t *own, const server_rec *s)
{
    (void)pg_own_add(own, pg_span_str(s->server_hostname));
    add_array(own, s->names);
    add_array(own, s->wild_names);
    add_array(own, pg_config_of(s)->own_hosts);
    add_addresses(own, s->addrs);
    pg_own_add_port(own, s->port);
}

/* Opening a FIFO would block. */
pg_span_t pg_names_text(const char *path, apr_pool_t *pool)
{
    char *text = apr_pcalloc(pool, TEXT_ROOM);
    apr_file_t *file;

    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_NONBLOCK,
                      APR_FPROT_OS_DEFAULT, pool) == APR_SUCCESS) {
        (void)apr_file_read_full(file, text, PG_HOSTS_MAX, NULL);
        apr_file_close(file);
    }
    return pg_span_str(text);
}

static void add_machine(pg_own_t *own, const char *hosts, apr_pool_t *pool)
{
    struct utsname here;

    /* no resolver is asked */
    pg_hosts_add(own, *hosts ? pg_names_text(hosts, pool) : PG_SPAN(""),
                 uname(&here) == 0 ? pg_span_str(here.nodename)
                                   : PG_SPAN(""));
}

pg_own_t *pg_names_collect(server_rec *main_server, apr_pool_t *pool)
{
    pg_own_t *own = pg_own_create(pool);

    for (const server_rec *s = main_server; s; s = s->next) {
        add_server(own, s);
    }
    for (const ap_listen_rec *l = ap_listeners; l; l = l->next) {
        add_sockaddr(own, l->bind_addr);
        pg_own_add_port(own, l->bind_addr->port);
    }
    add_machine(own, pg_config_of(main_server)->hosts, pool);
    return own;
}

/* RFC 6125 6.4.3: the asterisk is one whole label, the leftmost. */
static bool is_certified_by(pg_span_t san, pg_span_t host)
{
    if (pg_span_istarts(san, PG_SPAN("*."))) {
        san = pg_span_from(san, 1);
        host = pg_span_from(host, pg_span_find(host, '.'));
    }
    return pg_span_ieq(san, host);
}

static const char *san_of(request_rec *r, int i)
{
    return ap_ssl_var_lookup(r->pool, r->server, r->connection, r,
                             apr_psprintf(r->pool, "SSL_SERVER_SAN_DNS_%d",
                                          i));
}

bool pg_names_certified(request_rec *r, pg_span_t host)
{
    const char *san;

    host = pg_target_undotted(host);
    for (int i = 0; (san = san_of(r, i)) != NULL && *san; i++) {
        if (is_certified_by(pg_span_str(san), host)) {
            return true;
        }
    }
    return false;
}

const char *pg_names_label(const server_rec *s, apr_pool_t *pool)
{
    const char *name = s->server_hostname ? s->server_hostname : "-";
    apr_port_t port = s->port;

    /* under -t, that of <VirtualHost> is not in s->port yet */
    if (port == 0 && s->addrs) {
        port = s->addrs->host_port;
    }
    if (port == 0 && ap_listeners) {
        port = ap_listeners->bind_addr->port;
    }
    return port ? apr_psprintf(pool, "%s:%u", name, (unsigned)port) : name;
}

static bool has_directive(const ap_directive_t *node, const char *name)
{
    for (; node; node = node->next) {
        if (ap_cstr_casecmp(node->directive, name) == 0
            || has_directive(node->first_child, name)) {
            return true;
        }
    }
    return false;
}

/* Is it the section of another virtual host? */
static bool is_another(const ap_directive_t *node, const server_rec *s,
                       const server_rec *main)
{
    return ap_cstr_casecmp(node->directive, "<VirtualHost") == 0
           && (s == main || node->line_num != (int)s->defn_line_number
               || strcmp(node->filename, s->defn_name));
}

/* A directory per requested name. Settings of the main server apply to virtual
 * hosts too. */
static bool hosts_all(const ap_directive_t *node, const server_rec *s,
                      const server_rec *main)
{
    for (; node; node = node->next) {
        if (is_another(node, s, main)) {
            continue;
        }
        if (((ap_cstr_casecmp(node->directive, "VirtualDocumentRoot") == 0
              || ap_cstr_casecmp(node->directive, "VirtualScriptAlias") == 0)
             && strchr(node->args, '%'))
            || hosts_all(node->first_child, s, main)) {
            return true;
        }
    }
    return false;
}

static bool takes_every(const apr_array_header_t *names)
{
    for (int i = 0; names && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        if (name && strspn(name, "*?.") == strlen(name)) {
            return true;
        }
    }
    return false;
}

pg_names_facts_t pg_names_facts(void)
{
    return (pg_names_facts_t){
        .named = has_directive(ap_conftree, "ServerName"),
        .mass = has_directive(ap_conftree, "VirtualDocumentRoot")
                || has_directive(ap_conftree, "VirtualScriptAlias")
    };
}

bool pg_names_by_folder(const server_rec *s, const server_rec *main,
                        const pg_names_facts_t *facts)
{
    return facts->mass && hosts_all(ap_conftree, s, main);
}

const char *pg_names_unknown(const server_rec *s, const server_rec *main,
                             const pg_names_facts_t *facts)
{
    if (!facts->named) {
        return "no ServerName";
    }
    if (takes_every(s->wild_names)
        || takes_every(pg_config_of(s)->own_hosts)) {
        return "an alias matches every name";
    }
    return pg_names_by_folder(s, main, facts)
           ? "VirtualDocumentRoot serves any name" : NULL;
}

/* The folder that mod_vhost_alias gives a path of this request: its own
 * function is called, on a copy that nothing else sees. */
static const char *folder_of(request_rec *r, const char *path)
{
    const apr_array_header_t *hooks = ap_hook_get_translate_name();
    request_rec *copy = apr_pmemdup(r->pool, r, sizeof(*r));
    core_request_config *core =
        apr_pmemdup(r->pool, ap_get_core_module_config(r->request_config),
                    sizeof(*core));

    copy->request_config = ap_create_request_config(r->pool);
    ap_set_core_module_config(copy->request_config, core);
    copy->notes = apr_table_make(r->pool, 1);
    copy->uri = apr_pstrdup(r->pool, path);
    core->document_root = NULL;
    for (int i = 0; i < hooks->nelts; i++) {
        const ap_LINK_translate_name_t *hook =
            &APR_ARRAY_IDX(hooks, i, ap_LINK_translate_name_t);

        if (strcmp(hook->szName, "mod_vhost_alias.c") == 0
            && hook->pFunc(copy) == OK) {
            return core->document_root;
        }
    }
    return NULL;
}

static bool has_part(pg_span_t path, pg_span_t part)
{
    while (path.len) {
        apr_size_t n = pg_span_find_any(path, "/.");

        if (pg_span_ieq(pg_span_upto(path, n), part)) {
            return true;
        }
        path = pg_span_from(path, n + 1);
    }
    return false;
}

/* Does the folder belong to the whole name? One for "www" alone, or for a
 * top-level domain, exists for foreign names too. */
static bool is_for(const char *folder, pg_span_t host)
{
    for (bool first = true; host.len; first = false) {
        pg_span_t label = pg_span_take(&host, '.');

        if (!(first && pg_span_ieq(label, PG_SPAN("www")))
            && !has_part(pg_span_str(folder), label)) {
            return false;
        }
    }
    return true;
}

bool pg_names_has_folder(request_rec *r, pg_span_t host)
{
    static const char *const paths[] = { "/", "/cgi-bin/" };
    apr_finfo_t info;

    host = pg_target_undotted(host);
    if (!r->hostname || !pg_span_ieq(pg_span_str(r->hostname), host)
        || !pg_malformed_is_name(host)) {
        return false;        /* it could lead out of the folder pattern   */
    }
    for (apr_size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const char *folder = folder_of(r, paths[i]);

        if (folder && is_for(folder, host)
            && apr_stat(&info, folder, APR_FINFO_TYPE, r->pool) == APR_SUCCESS
            && info.filetype == APR_DIR) {
            return true;
        }
    }
    return false;
}

/* --- aliases ------------------------------------------------------------- */

static apr_size_t add_aliases(pg_span_t *out, apr_size_t n, apr_size_t most,
                              const apr_array_header_t *names)
{
    for (int i = 0; names && i < names->nelts && n < most; i++) {
        pg_span_t name = pg_span_str(APR_ARRAY_IDX(names, i, const char *));

        if (name.len > 2 && strncmp(name.ptr, "*.", 2) == 0) {
            name = pg_span_from(name, 1);
        }
        if (name.len && pg_span_find_any(name, "*?") == name.len) {
            out[n++] = name;
        }
    }
    return n;
}

void pg_names_aliases(pg_span_t *out, apr_size_t most, const server_rec *s)
{
    add_aliases(out, add_aliases(out, 0, most, s->names), most,
                s->wild_names);
}
