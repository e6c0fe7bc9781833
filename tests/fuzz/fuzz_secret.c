/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* pg_event_conceal, and every output after it: a marked secret, wherever a
 * client can put it and whatever surrounds it, appears in no line of evidence
 * and in no format of the page; with a mask, neither does a name. Input: the
 * place, an octet of options, then the texts around the secret. */
#include <stdio.h>

#include <apr_general.h>

#include "pg_ecs.h"
#include "pg_fuzz.h"
#include "pg_ledger.h"
#include "pg_report.h"

#define SECRET "S3cr3tM4rk"
#define NAME "intr4net"
#define T0 ((apr_time_t)1416744000 * 1000000)

typedef struct fuzz_t {
    apr_pool_t *pool;
    pg_ledger_t *ledger;
    apr_time_t now;
    char *page;                  /* PAGE_MOST octets                      */
} fuzz_t;

enum { PAGE_MOST = 8 << 20 };

static fuzz_t fuzz;

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    apr_initialize();
    apr_pool_create(&fuzz.pool, NULL);
    fuzz.now = T0;
    fuzz.page = malloc(PAGE_MOST);
    PG_MUST(fuzz.page != NULL);
    PG_MUST(pg_ledger_heap(&fuzz.ledger, NULL, T0, fuzz.pool) == APR_SUCCESS);
    return 0;
}

/* --- a request around a secret ------------------------------------------- */

typedef struct text_t {
    char octets[2048];
    apr_size_t n;
} text_t;

static void add(text_t *out, pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len && out->n < sizeof(out->octets); i++) {
        out->octets[out->n++] = s.ptr[i];
    }
}

static void puts_to(text_t *out, const char *s)
{
    add(out, pg_span_str(s));
}

/* Up to 15 octets of the input, without those in `without`, and without '%',
 * which could spell them. Without '3' and '4', too, which stand in SECRET and
 * NAME: a fuzzer learns these words. */
static void noise(text_t *out, pg_span_t *in, const char *without)
{
    pg_span_t s = pg_fuzz_take(in, pg_fuzz_octet(in) & 15);

    for (apr_size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c && !strchr("%34\r\n", c) && !strchr(without, c)) {
            add(out, pg_span_make(&c, 1));
        }
    }
}

#define BLANKS " \t\v\f"
#define ENDS "/\\?#" BLANKS

/* user ":" password "@": in a password anything but '@' and what would end
 * the request-target. */
static void userinfo(text_t *out, pg_span_t *in)
{
    noise(out, in, "@:" ENDS);
    puts_to(out, ":p");
    noise(out, in, "@" BLANKS);
    puts_to(out, SECRET);
    noise(out, in, "@" BLANKS);
    puts_to(out, "@" NAME ".example");
}

static const char *const parameters[] = {
    "password", "TOKEN", "api-key", "pass%77ord", "user[passwd]", "x_secret",
    "Session", "auth", "sig"
};

#define PICK(list, n) ((list)[(n) % (sizeof(list) / sizeof((list)[0]))])

static void parameter(text_t *out, pg_span_t *in)
{
    noise(out, in, "@&" BLANKS);
    puts_to(out, "?");
    puts_to(out, PICK(parameters, pg_fuzz_octet(in)));
    puts_to(out, "=");
    noise(out, in, "&" BLANKS);
    puts_to(out, SECRET);
    noise(out, in, "&" BLANKS);
}

static const char *const schemes[] = {
    "http://", "https://", "http:/", "http:///", "http:\\\\", "//", "ftp://",
    "http%3A//", "http%3a%2f%2f", "unix:/x|http://", "HTTP://", "x://",
    "/http://", "http://h.example/http://", "http://h.example/?u=http://"
};

static void url(text_t *out, pg_span_t *in)
{
    unsigned int kind = pg_fuzz_octet(in);

    puts_to(out, PICK(schemes, kind >> 1));
    if (kind & 1) {
        userinfo(out, in);
        noise(out, in, "@" BLANKS);
    }
    else {
        puts_to(out, NAME ".example/");
        parameter(out, in);
    }
}

/* --- what may be seen ---------------------------------------------------- */

typedef struct made_t {
    text_t line, host, agent, other;
    pg_event_t event;
    pg_field_t field[5];
} made_t;

enum { IN_TARGET, IN_METHOD, IN_CONNECT, IN_ORDER, IN_HOST, IN_AGENT,
       IN_OTHER, IN_FIELD, PLACES };

static void make_line(made_t *out, pg_span_t *in, unsigned int place)
{
    switch (place) {
    case IN_TARGET:
        puts_to(&out->line, "GET ");
        url(&out->line, in);
        puts_to(&out->line, " HTTP/1.1");
        break;
    case IN_METHOD:
        url(&out->line, in);
        break;
    case IN_CONNECT:
        puts_to(&out->line, "CONNECT ");
        userinfo(&out->line, in);
        puts_to(&out->line, " HTTP/1.1");
        break;
    case IN_ORDER:
        puts_to(&out->line, "telnet ");
        userinfo(&out->line, in);
        puts_to(&out->line, " 23");
        break;
    default:
        puts_to(&out->line, "GET http://" NAME ".example/ HTTP/1.1");
    }
}

static const char *const fields[] = {
    "Authorization", "X-Access-Token", "Private-Token", "Api-Key",
    "X-Csrf-Token", "X-Vault-Token", "Set-Cookie", "cookie", "X-Passwd",
    "X-Session", "Client-Secret", "X-Forwarded-Authorization"
};

static void make_fields(made_t *out, pg_span_t *in, unsigned int place)
{
    const char *name = "Accept";
    text_t *texts[] = { &out->host, &out->agent, &out->other };

    if (place >= IN_HOST && place <= IN_OTHER) {
        url(texts[place - IN_HOST], in);
    }
    else if (place == IN_FIELD) {
        name = PICK(fields, pg_fuzz_octet(in));
        noise(&out->other, in, "");
        puts_to(&out->other, SECRET);
    }
    out->field[0] = (pg_field_t){ PG_SPAN("Host"), { out->host.octets,
                                                     out->host.n } };
    out->field[1] = (pg_field_t){ PG_SPAN("User-Agent"), { out->agent.octets,
                                                           out->agent.n } };
    out->field[2] = (pg_field_t){ pg_span_str(name), { out->other.octets,
                                                       out->other.n } };
    out->field[3] = (pg_field_t){ PG_SPAN(NAME ".example"), PG_SPAN("x") };
}

static void must_not_hold(pg_span_t out, const char *what)
{
    const char *at = memmem(out.ptr, out.len, what, strlen(what));
    apr_size_t before = at ? (apr_size_t)(at - out.ptr) : 0;

    if (at) {                        /* what is around it tells the place  */
        before = before > 200 ? 200 : before;
        fprintf(stderr, "%.*s\n", (int)before + 40, at - before);
    }
    PG_MUST(at == NULL);
}

static void check_evidence(const made_t *made, bool mask)
{
    static const pg_key_t key = { { 1, 2 } };
    apr_pool_t *pool;
    pg_ecs_t in = { .event = &made->event, .source = "192.0.2.1",
                    .host = made->field[0].value, .field = made->field,
                    .fields = 4, .protocol = PG_SPAN("HTTP/1.1"),
                    .sensor = NAME, .version = "1",
                    .mask = mask ? &key : NULL };
    pg_span_t line;

    apr_pool_create(&pool, fuzz.pool);
    line = pg_ecs_line(&in, apr_palloc(pool, 65536 + PG_ECS_ROOM), 65536);
    must_not_hold(line, SECRET);
    if (mask) {
        must_not_hold(line, NAME);
    }
    apr_pool_destroy(pool);
}

static void check_page(void)
{
    apr_pool_t *pool;
    pg_snapshot_t *snapshot;
    pg_report_t report = { .now = fuzz.now, .version = "1" };

    apr_pool_create(&pool, fuzz.pool);
    PG_MUST(pg_ledger_snapshot(&snapshot, fuzz.ledger, fuzz.now, pool)
            == APR_SUCCESS);
    report.ledger = snapshot;
    report.view.top = PG_TOP_MOST;
    for (const pg_format_t *f = pg_report_formats(); f->name; f++) {
        pg_buffer_t page = { .at = fuzz.page, .left = PAGE_MOST };
        pg_sink_t sink = pg_sink_buffer(&page);

        PG_MUST(f->render(&sink, &report, pool) == APR_SUCCESS);
        must_not_hold(pg_span_make(fuzz.page, PAGE_MOST - page.left), SECRET);
    }
    apr_pool_destroy(pool);
}

/* A page takes a while. Not by an octet of its own, which the fuzzer would
 * soon have in all of its inputs. */
static bool is_turn(const uint8_t *data, size_t size)
{
    apr_uint32_t sum = 1;

    for (size_t i = 0; i < size; i++) {
        sum = sum * 31 + data[i];
    }
    return sum % 251 == 0;
}

/* --- one input ----------------------------------------------------------- */

static void make_event(made_t *made)
{
    pg_request_t request = {
        .line = pg_span_make(made->line.octets, made->line.n),
        .host = made->field[0].value, .check_host = true
    };

    pg_classify(&made->event.verdict, &request, NULL);
    made->event.time = fuzz.now += APR_USEC_PER_SEC;
    made->event.user_agent = made->field[1].value;
    made->event.via = made->field[2].value;
    made->event.vhost = PG_SPAN(NAME ".example:80");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pg_span_t rest = pg_span_make((const char *)data, size);
    unsigned int place = pg_fuzz_octet(&rest) % PLACES;
    unsigned int options = pg_fuzz_octet(&rest);
    made_t made = { .event = { .status = 421 } };
    apr_size_t room;
    char *changed;

    make_line(&made, &rest, place);
    make_fields(&made, &rest, place);
    make_event(&made);
    if (place == IN_FIELD) {
        made.event.via = PG_SPAN("");
    }
    room = pg_event_room(&made.event);
    changed = malloc(room + 1);
    pg_event_conceal(&made.event, PG_ABSENT, changed, room);
    check_evidence(&made, options & 1);
    if (made.event.verdict.class_id != PG_CLASS_CLEAN) {
        pg_ledger_record(fuzz.ledger, &made.event);
        if (is_turn(data, size)) {
            check_page();
        }
    }
    free(changed);
    return 0;
}
