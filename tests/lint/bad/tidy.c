/* Breaks: bugprone-misplaced-operator-in-strlen-in-alloc, braces. */
#include <stdlib.h>
#include <string.h>

char *pg_room(const char *s);
char *pg_room(const char *s)
{
    if (s == NULL) return NULL;
    return malloc(strlen(s + 1));
}
