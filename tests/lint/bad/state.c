/* Breaks: three variables that can change; two tables that cannot. */
static int counter;
int pg_initialised = 1;
const char *const pg_names[] = { "a", "b" };
static const int numbers[] = { 1, 2, 3 };
int pg_count(int i);
int pg_count(int i)
{
    static int calls;

    calls++;
    return counter++ + numbers[i] + calls;
}
