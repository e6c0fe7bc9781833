/* Breaks: used twice, no row, no test, not four digits. */
const char *const said[] = {
    PGLOGNO(0901) "first", PGLOGNO(0901) "again",
    PGLOGNO(0902) "without a row", PGLOGNO(0903) "without a test",
    PGLOGNO(94) "malformed",
};
