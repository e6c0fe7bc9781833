/* Licensed under the Apache License, Version 2.0; see LICENSE. */

void pg_callers_none(void)
{
}

void pg_callers_tested(void)
{
}

void pg_callers_inside(void)
{
}

static void all(void)
{
    pg_callers_inside();
}
