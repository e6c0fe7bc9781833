/* Breaks: a prefix missing, one too many, a long name, a type's ending. */
typedef struct pg_thing {
    int x;
} pg_thing;

int visible(void)
{
    return 1;
}

static int pg_hidden(void)
{
    return 1;
}

int pg_name_that_is_longer_than_it_may_be(void)
{
    return pg_hidden();
}
