/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The top of the page: a card for each question and its answer. */
#include "pg_answers.h"
#include "pg_html.h"

static void say(const pg_page_t *page, const char *tag,
                const pg_sentence_t *sentence)
{
    pg_sink_putf(page->sink, "<%s>", tag);
    pg_html_say(page, sentence->word, sentence->arg[0], sentence->arg[1],
                sentence->arg[2]);
    pg_sink_puts(page->sink, "</p>\n");
}

static void put_card(const pg_page_t *page, const pg_card_t *card)
{
    static const char *const moods[] = {
        [PG_MOOD_PLAIN] = "plain", [PG_MOOD_GOOD] = "good",
        [PG_MOOD_WARN] = "warn", [PG_MOOD_BAD] = "bad"
    };

    pg_sink_putf(page->sink, "<section class=\"card %s\">\n",
                 moods[card->mood]);
    pg_html_tagged(page, "h2", card->question);
    say(page, "p class=\"answer\"", &card->answer);
    for (int i = 0; i < card->n; i++) {
        say(page, "p", &card->more[i]);
    }
    pg_sink_puts(page->sink, "</section>\n");
}

void pg_html_answers(const pg_page_t *page)
{
    pg_card_t card[PG_ANSWERS_MAX];
    int n = pg_answers_of(card, &page->measured, page->pool);

    pg_sink_puts(page->sink, "<div class=\"cards\">\n");
    for (int i = 0; i < n; i++) {
        put_card(page, &card[i]);
    }
    pg_sink_puts(page->sink, "</div>\n");
    if (page->s == NULL) {
        pg_html_tagged(page, "p class=\"alarm\"", PG_PHRASE_CANNOT_COUNT);
    }
}
