/* Breaks: length, parameters, depth. */
static int long_one(void)
{
    int n = 0;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    return n;
}

int pg_many(int a, int b, int c, int d, int (*e)(int, int), int f,
            int g)
{
    return a + b + c + d + e(1, 2) + f + g;
}

static int deep(int n)
{
    while (n) {
        while (n) {
            while (n) {
                while (n) {
                    n--;
                }
            }
        }
    }
    return n;
}
