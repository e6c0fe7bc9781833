/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* "Nobody has asked for this" is a comment. */
const char *words(int n)
{
    static const char *const all[] = {
        "Nobody has asked for this.", "content-type: text/plain", "a.b.c",
        "<p class=card of page>" };

    return all[n];
}
