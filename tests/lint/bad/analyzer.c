/* Breaks: used after it was freed. */
#include <stdlib.h>

int pg_stale(void);
int pg_stale(void)
{
    int *p = malloc(sizeof(*p));
    int value;

    if (p == NULL) {
        return 0;
    }
    *p = 1;
    free(p);
    value = *p;
    return value;
}
