/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Where everything is in a file, in every version of layout 1, and which
 * files are believed. */
#include "pg_test_fault.h"
#include "pg_test_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "pg_block.h"
#include "pg_checkpoint.h"
#include "pg_layout.h"

static const pg_key_t key = { { 0x1111, 0x2222 } };

static pg_ledger_t *of_sizes(const pg_sizes_t *sizes)
{
    pg_ledger_t *out = NULL;
    pg_head_t head;

    ck_assert_int_eq(pg_layout_head(&head, sizes, &key, T0), 0);
    ck_assert_int_eq(pg_block_new(&out, &head, pool), 0);
    return out;
}

static pg_ledger_t *plain(void)
{
    pg_sizes_t sizes = pg_layout_sizes();

    return of_sizes(&sizes);
}

PG_TEST_SUITE(layout, .set_up = make_folder, .tear_down = remove_folder);

/* Measured once: if one of them is another now, the files of older versions
 * cannot be read. */
static const struct {
    pg_sizes_t sizes;
    apr_size_t size, lane_at, lane_size, top_at[PG_TOP_COUNT];
} layouts[] = {
    { { 1, 128, { 128, 32, 16, 16 } }, 716800, 389120, 327680,
      { 212608, 262784, 297856, 303104 } },
    { { 3, 16, { 1, 1, 1, 1 } }, 925696, 274432, 217088,
      { 212608, 213056, 214208, 214592 } },
    { { 2, 131, { 7, 30, 9, 65 } }, 1069056, 389120, 339968,
      { 212608, 215360, 248256, 251264 } },
    { { 64, 4096, { 1024, 1024, 1024, 1024 } }, 225701888, 4452352, 3457024,
      { 212608, 614016, 1736320, 2072192 } }
};

PG_TEST_EACH(everything_stays_where_it_is, layouts)
{
    static char octets[8192];
    pg_ledger_t at;
    pg_head_t head;

    ck_assert_int_eq(pg_layout_head(&head, &layouts[_i].sizes, &key, T0), 0);
    pg_layout_place(&at, octets, &head);
    ck_assert_uint_eq(pg_layout_size(&layouts[_i].sizes), layouts[_i].size);
    ck_assert_uint_eq(head.size, layouts[_i].size);
    ck_assert_uint_eq(at.size, layouts[_i].size);
    ck_assert_uint_eq(at.lane_at, layouts[_i].lane_at);
    ck_assert_uint_eq(at.lane_size, layouts[_i].lane_size);
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        ck_assert_uint_eq(at.top_at[t], layouts[_i].top_at[t]);
    }
    ck_assert_ptr_eq(at.common, octets + 4096);
    ck_assert_ptr_eq(at.recent, octets + 123584);
    ck_assert_int_eq(at.fd, -1);
    ck_assert(!at.shared && at.standby == NULL && at.lost == NULL);
    ck_assert_uint_eq(sizeof(pg_head_t), 104);
}

/* --- heads --------------------------------------------------------------- */

PG_TEST(a_head_says_what_it_is_the_head_of)
{
    const pg_key_t none = { { 0, 0 } };
    pg_sizes_t sizes = pg_layout_sizes();
    pg_head_t head, other;

    ck_assert_int_eq(pg_layout_head(&head, &sizes, &key, T0), 0);
    ck_assert_int_eq(memcmp(head.magic, "PGLEDGER", 8), 0);
    ck_assert_uint_eq(head.version, 1);
    ck_assert_uint_eq(head.byte_order, 0x01020304);
    ck_assert_int_eq(head.since, T0);
    ck_assert_uint_eq(head.id, 0);
    ck_assert_uint_eq(head.key_id, pg_hash_key_derive(&key, "key id").k[0]);
    ck_assert_uint_eq(head.check,
                      pg_hash(&none, &head, sizeof(head) - 8));
    ck_assert_int_eq(memcmp(&head.key, &key, sizeof(key)), 0);
    ck_assert_int_eq(memcmp(&head.sizes, &sizes, sizeof(sizes)), 0);
    ck_assert_int_eq(pg_layout_head(&head, &sizes, NULL, T0), 0);
    ck_assert_int_eq(pg_layout_head(&other, &sizes, NULL, T0), 0);
    ck_assert_uint_ne(head.key.k[0], other.key.k[0]);
    ck_assert_uint_ne(head.key.k[1], other.key.k[1]);
}

PG_TEST(a_ledger_of_a_file_has_a_number_and_the_key_that_is_asked_for)
{
    const pg_key_t second = { { 3, 4 } };
    pg_ledger_t *like = plain();
    pg_ledger_options_t options = { .lanes = 1, .key = &second };
    pg_head_t head;
    apr_uint64_t before = 0;

    for (int i = 0; i < 30; i++) {
        ck_assert_int_eq(pg_layout_head_of(&head, &options, T0), 0);
        ck_assert(head.id % 2 == 1 && head.id != before && head.id > 1);
        ck_assert_int_eq(memcmp(&head.key, &second, sizeof(second)), 0);
        before = head.id;
    }
    options.key_of = like;
    ck_assert_int_eq(pg_layout_head_of(&head, &options, T0), 0);
    ck_assert_int_eq(memcmp(&head.key, &key, sizeof(key)), 0);
    ck_assert_uint_eq(head.key_id, like->head.key_id);
}

/* Is it believed after a change, and why not? Each is sealed again. */
static const struct {
    apr_size_t at;
    unsigned char octet;
    apr_size_t size;             /* of the file; 0: the right one         */
    pg_layout_e is;
    const char *why;
} changes[] = {
    { offsetof(pg_head_t, since), 1, 0, PG_LAYOUT_SOUND, "" },
    { offsetof(pg_head_t, id), 1, 0, PG_LAYOUT_SOUND, "" },
    { offsetof(pg_head_t, since), 1, 716801, PG_LAYOUT_DAMAGED,
      "it has a wrong size" },
    { offsetof(pg_head_t, since), 1, 712704, PG_LAYOUT_DAMAGED,
      "it has a wrong size" },
    { offsetof(pg_head_t, size) + 1, 16, 0, PG_LAYOUT_DAMAGED,
      "it has a wrong size" },
    { offsetof(pg_head_t, sizes), 3, 0, PG_LAYOUT_DAMAGED,
      "it has a wrong size" },
    { offsetof(pg_head_t, sizes) + 1, 1, 0, PG_LAYOUT_DAMAGED,
      "its sizes are impossible: lanes must be from 1 to 64" },
    { offsetof(pg_head_t, version), 3, 0, PG_LAYOUT_OTHER,
      "it has layout 2, but this version reads only layout 1" },
    { offsetof(pg_head_t, byte_order), 1, 0, PG_LAYOUT_DAMAGED,
      "its header is damaged" },
    { offsetof(pg_head_t, magic), 1, 0, PG_LAYOUT_FOREIGN,
      "it is not a ledger" }
};

PG_TEST_EACH(a_head_is_believed_if_all_of_it_fits, changes)
{
    pg_sizes_t sizes = pg_layout_sizes();
    apr_size_t size = changes[_i].size ? changes[_i].size
                                       : pg_layout_size(&sizes);
    const char *why = "";
    pg_head_t head, out;

    if (*(const unsigned char *)&(apr_uint32_t){ 1 } != 1) {
        return;                  /* the lowest octet is elsewhere         */
    }
    ck_assert_int_eq(pg_layout_head(&head, &sizes, &key, T0), 0);
    ((unsigned char *)&head)[changes[_i].at] ^= changes[_i].octet;
    pg_layout_seal(&head);
    ck_assert_int_eq(pg_layout_check(&out, &head, sizeof(head), size, &why,
                                     pool), changes[_i].is);
    ck_assert_str_eq(why ? why : "", changes[_i].why);
    ck_assert_int_eq(why == NULL, changes[_i].is == PG_LAYOUT_SOUND);
    ck_assert(why || memcmp(&out, &head, sizeof(head)) == 0);
    ((unsigned char *)&head)[changes[_i].at] ^= 64;      /* not sealed    */
    ck_assert_int_ne(pg_layout_check(&out, &head, sizeof(head), size, &why,
                                     pool), PG_LAYOUT_SOUND);
}

PG_TEST(a_head_that_is_cut_is_damaged_or_none)
{
    pg_sizes_t sizes = pg_layout_sizes();
    pg_head_t head, out;
    const char *why;

    ck_assert_int_eq(pg_layout_head(&head, &sizes, &key, T0), 0);
    for (apr_size_t n = 0; n < sizeof(head); n++) {
        ck_assert_int_eq(pg_layout_check(&out, &head, n, n, &why, pool),
                         n < 8 ? PG_LAYOUT_FOREIGN : PG_LAYOUT_DAMAGED);
        ck_assert_str_eq(why, n < 8 ? "it is not a ledger"
                                    : "it is too short for a ledger");
    }
}

/* --- blocks -------------------------------------------------------------- */

static void fill(pg_ledger_t *block)
{
    apr_uint64_t x = 1;

    for (apr_size_t at = 4096; at < block->size; at += 8) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        memcpy(block->base + at, &x, 8);
    }
}

PG_TEST(a_copy_is_equal_in_every_octet)
{
    pg_ledger_t *from = plain(), *copy = NULL, *other = plain();

    fill(from);
    ck_assert_int_eq(pg_block_copy(&copy, from, pool), 0);
    ck_assert_ptr_ne(copy->base, from->base);
    ck_assert_int_eq(memcmp(copy->base, from->base, from->size), 0);
    other->base[20] ^= 1;
    pg_block_fill(other, from);
    ck_assert_int_eq(other->base[20] ^ 1, from->base[20]);
    ck_assert_int_eq(memcmp(other->base + 4096, from->base + 4096,
                            from->size - 4096), 0);
}

static const char *saved(const pg_ledger_t *from, apr_time_t now)
{
    pg_checkpoint_t checkpoint = { .ledger = from,
                                   .path = in_folder("saved") };
    const char *why;

    ck_assert_int_eq(pg_checkpoint_save(&checkpoint, now, &why, pool), 0);
    return checkpoint.path;
}

PG_TEST(a_checkpoint_is_the_block_and_a_keyed_hash_of_it)
{
    pg_ledger_t *from = plain(), *back = NULL;
    const char *path, *why;
    apr_size_t size = from->size + sizeof(pg_trailer_t);
    char *octets = apr_palloc(pool, size + 1);
    pg_trailer_t trailer;
    pg_key_t use = pg_hash_key_derive(&key, "checkpoint");
    FILE *f;

    fill(from);
    path = saved(from, T0 + 7);
    f = fopen(path, "r");
    ck_assert_uint_eq(fread(octets, 1, size + 1, f), size);
    fclose(f);
    ck_assert_uint_eq(sizeof(trailer), 64);
    ck_assert_int_eq(memcmp(octets, from->base, from->size), 0);
    memcpy(&trailer, octets + from->size, sizeof(trailer));
    ck_assert_int_eq(memcmp(trailer.magic, "PGCHECK", 8), 0);
    ck_assert_int_eq(trailer.saved, T0 + 7);
    use.k[0] ^= (apr_uint64_t)(T0 + 7);
    ck_assert_uint_eq(trailer.hash, pg_hash(&use, octets, from->size));
    ck_assert_int_eq(pg_checkpoint_load(&back, path, &why, pool), 0);
    ck_assert_int_eq(memcmp(back->base, from->base, from->size), 0);
}

/* Its size was taken before. */
PG_TEST(a_file_that_shrinks_while_it_is_read_is_no_ledger)
{
    pg_ledger_t *from = plain(), *back = NULL;
    const char *path = saved(from, T0);
    pg_file_t file = { .size = from->size };

    file.fd = open(path, O_RDWR);
    ck_assert_int_eq(pg_block_read(&back, &file, pool), 0);
    ck_assert_int_eq(memcmp(back->base, from->base, from->size), 0);
    ck_assert_int_eq(ftruncate(file.fd, (off_t)from->size - 1), 0);
    ck_assert_int_eq(pg_block_read(&back, &file, pool), APR_EOF);
    ck_assert_int_eq(ftruncate(file.fd, 4096), 0);
    ck_assert_int_eq(pg_block_read(&back, &file, pool), APR_EOF);
    close(file.fd);
}
