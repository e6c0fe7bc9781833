/* Licensed under the Apache License, Version 2.0; see LICENSE. */

static void calls(void)
{
    pg_callers_tested();
}
