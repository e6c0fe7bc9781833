/* Breaks: an index out of its array. */
int pg_last(void);
int pg_last(void)
{
    int a[4] = { 0 };

    return a[4];
}
