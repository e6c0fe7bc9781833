/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_campaigns.h"

#include <math.h>
#include <stdlib.h>

#include "pg_cell.h"
#include "pg_layout.h"

static_assert(PG_CAMPAIGN_HASHES == 2 * PG_SINK_SKETCH
              && PG_CAMPAIGN_CHARSET == 8 * PG_SINK_CHARSET
              && PG_CAMPAIGN_SUBJECT == 8 * PG_SINK_SUBJECT
              && PG_CAMPAIGN_LURE == 8 * PG_SINK_LURE, "a cell's texts");

/* A try fails only when another writer succeeds. */
enum { TRIES = 64 };

/* --- counting ------------------------------------------------------------ */

static pg_sink_campaign_t *most_alike(const pg_ledger_t *ledger,
                                      const pg_campaign_mail_t *mail)
{
    pg_sink_campaign_t *best = NULL;
    unsigned most = PG_CAMPAIGN_ALIKE - 1;

    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
        pg_sink_campaign_t *cell = &ledger->common->sink.campaign[i];
        apr_uint32_t sketch[PG_CAMPAIGN_HASHES];
        unsigned alike;

        if (pg_word_get(&cell->mails) == 0) {
            continue;
        }
        pg_word_read(sketch, cell->sketch, PG_SINK_SKETCH);
        alike = pg_campaign_alike(sketch, mail->sketch);
        if (alike > most) {
            most = alike;
            best = cell;
        }
    }
    return best;
}

/* Claim the one that has been quiet for longest, an empty one first. NULL: all
 * have had mail since `now`, or are being filled. */
static pg_sink_campaign_t *claim(const pg_ledger_t *ledger, apr_time_t now,
                                 apr_uint64_t *mine)
{
    for (int i = 0; i < TRIES; i++) {
        pg_sink_campaign_t *found = NULL;
        apr_uint64_t quiet = (apr_uint64_t)now + 1;

        for (unsigned c = 0; c < PG_SINK_CAMPAIGNS; c++) {
            pg_sink_campaign_t *cell = &ledger->common->sink.campaign[c];

            if (!pg_cell_is_claimed(pg_word_get(&cell->claim), now)
                && pg_word_get(&cell->last) < quiet) {
                found = cell;
                quiet = pg_word_get(&cell->last);
            }
        }
        if (found == NULL) {
            return NULL;
        }
        if (pg_cell_claim(&found->claim, (apr_uint64_t)now, now, mine)) {
            if (pg_word_get(&found->last) == quiet) {
                return found;
            }
            /* another writer has begun a campaign there meanwhile */
            pg_cell_release(&found->claim, *mine);
        }
    }
    return NULL;
}

/* It counts as empty until it is complete. */
static pg_sink_campaign_t *begin(const pg_ledger_t *ledger,
                                 const pg_campaign_mail_t *mail,
                                 apr_time_t now, apr_uint64_t *mine)
{
    pg_sink_campaign_t *cell = claim(ledger, now, mine);

    if (cell == NULL) {
        return NULL;
    }
    pg_word_set(&cell->mails, 0);
    pg_word_set(&cell->first, (apr_uint64_t)now);
    for (unsigned i = 0; i < PG_SINK_SOURCES; i++) {
        pg_word_set(&cell->sources[i], 0);
    }
    pg_word_write(cell->sketch, mail->sketch, sizeof(mail->sketch));
    pg_word_write(cell->charset, mail->charset, sizeof(mail->charset));
    pg_word_write(cell->subject, mail->subject, sizeof(mail->subject));
    pg_word_write(cell->lure, mail->lure, sizeof(mail->lure));
    return cell;
}

/* A mail may be counted after one that came later, or the clock was set
 * back. */
static void begin_by(pg_sink_campaign_t *cell, apr_uint64_t first)
{
    if (first < pg_word_get(&cell->first)) {
        pg_word_set(&cell->first, first);
    }
}

void pg_campaigns_add(pg_ledger_t *ledger, const pg_campaign_mail_t *mail,
                      const unsigned char source[16], apr_time_t now)
{
    pg_key_t key = pg_hash_key_derive(&ledger->head.key, "campaigns");
    apr_uint64_t bit = pg_hash(&key, source, 16) % (64 * PG_SINK_SOURCES);
    apr_uint64_t mine = 0;       /* no claim: it had mail before          */
    pg_sink_campaign_t *cell;

    if (!mail->has_text) {
        return;
    }
    cell = most_alike(ledger, mail);
    if (cell == NULL) {
        cell = begin(ledger, mail, now, &mine);
    }
    if (cell == NULL) {
        return;
    }
    atomic_fetch_or_explicit(&cell->sources[bit / 64],
                             (apr_uint64_t)1 << bit % 64,
                             memory_order_relaxed);
    begin_by(cell, (apr_uint64_t)now);
    pg_word_set(&cell->last, (apr_uint64_t)now);
    pg_word_add(&cell->mails, 1);
    pg_cell_release(&cell->claim, mine);
}

/* --- merging ------------------------------------------------------------- */

static void merge_one(pg_ledger_t *into, const pg_sink_campaign_t *from,
                      apr_uint64_t mails)
{
    apr_uint64_t last = pg_word_get(&from->last), mine = 0;
    pg_campaign_mail_t look;
    pg_sink_campaign_t *cell;

    pg_word_read(look.sketch, from->sketch, PG_SINK_SKETCH);
    pg_word_read(look.charset, from->charset, PG_SINK_CHARSET);
    pg_word_read(look.subject, from->subject, PG_SINK_SUBJECT);
    pg_word_read(look.lure, from->lure, PG_SINK_LURE);
    cell = most_alike(into, &look);
    if (cell == NULL) {
        cell = begin(into, &look, (apr_time_t)last, &mine);
    }
    if (cell == NULL) {          /* all that are there are newer          */
        return;
    }
    begin_by(cell, pg_word_get(&from->first));
    if (last > pg_word_get(&cell->last)) {
        pg_word_set(&cell->last, last);
    }
    for (unsigned i = 0; i < PG_SINK_SOURCES; i++) {
        atomic_fetch_or_explicit(&cell->sources[i],
                                 pg_word_get(&from->sources[i]),
                                 memory_order_relaxed);
    }
    pg_word_add(&cell->mails, mails);
    pg_cell_release(&cell->claim, mine);
}

void pg_campaigns_merge(pg_ledger_t *into, const pg_ledger_t *from)
{
    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
        const pg_sink_campaign_t *cell = &from->common->sink.campaign[i];
        apr_uint64_t mails = pg_word_get(&cell->mails);

        if (mails > 0) {
            merge_one(into, cell, mails);
        }
    }
}

/* --- reading ------------------------------------------------------------- */

/* Linear counting (Whang, Vander-Zanden, Taylor, 1990): how many sources
 * leave so many bits unset. */
static apr_uint64_t count_sources(const pg_sink_campaign_t *cell)
{
    double bits = 64 * PG_SINK_SOURCES;
    unsigned set = 0;

    for (unsigned i = 0; i < PG_SINK_SOURCES; i++) {
        set += (unsigned)__builtin_popcountll(pg_word_get(&cell->sources[i]));
    }
    return set >= 64 * PG_SINK_SOURCES
               ? (apr_uint64_t)llround(bits * log(bits))
               : (apr_uint64_t)llround(-bits * log(1 - set / bits));
}

static pg_span_t text_of(const pg_word_t *words, apr_size_t n,
                         apr_pool_t *pool)
{
    char *octets = apr_pcalloc(pool, 8 * n + 1);

    pg_word_read(octets, words, n);
    return pg_span_str(octets);
}

static int most_mails(const void *a, const void *b)
{
    const pg_campaign_t *x = a, *y = b;

    return x->mails < y->mails ? 1 : x->mails > y->mails ? -1
           : x->last < y->last ? 1 : x->last > y->last ? -1 : 0;
}

void pg_campaigns_copy(pg_capture_t *out, const pg_ledger_t *ledger,
                       apr_pool_t *pool)
{
    pg_campaign_t *list = apr_pcalloc(pool,
                                      sizeof(*list) * PG_SINK_CAMPAIGNS);

    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
        const pg_sink_campaign_t *cell = &ledger->common->sink.campaign[i];
        pg_campaign_t *c = &list[out->campaign_count];

        c->mails = pg_word_get(&cell->mails);
        if (c->mails == 0) {
            continue;
        }
        c->sources = count_sources(cell);
        c->first = (apr_time_t)pg_word_get(&cell->first);
        c->last = (apr_time_t)pg_word_get(&cell->last);
        c->charset = text_of(cell->charset, PG_SINK_CHARSET, pool);
        c->subject = text_of(cell->subject, PG_SINK_SUBJECT, pool);
        c->lure = text_of(cell->lure, PG_SINK_LURE, pool);
        out->campaign_count++;
    }
    qsort(list, out->campaign_count, sizeof(*list), most_mails);
    out->campaign = list;
}
