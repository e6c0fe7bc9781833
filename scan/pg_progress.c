/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { SIZE_TEXT = 32, TEXT = 128 };

static apr_time_t monotonic(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * APR_USEC_PER_SEC + t.tv_nsec / 1000;
}

/* "1.2 GiB" */
static void put_size(char *out, size_t size, double octets)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    int unit = 0;

    while (octets >= 1000 && unit < 4) {
        octets /= 1024;
        unit++;
    }
    snprintf(out, size, octets < 10 && unit ? "%.1f %s" : "%.0f %s", octets,
             units[unit]);
}

void pg_progress_begin(pg_progress_t *progress, bool wanted,
                       apr_uint64_t total)
{
    *progress = (pg_progress_t){
        .on = wanted && isatty(STDERR_FILENO),
        .begun = monotonic(),
        .total = total,
    };
}

/* The line's text: "45 % of 1.2 GiB, 800 MiB/s, 12 s left".
 * @param elapsed  us */
static void write_text(char *out, apr_size_t size, apr_uint64_t done,
                       apr_uint64_t total, apr_time_t elapsed)
{
    double rate = elapsed ? (double)done * APR_USEC_PER_SEC / (double)elapsed
                          : 0;
    char read_text[SIZE_TEXT], all[SIZE_TEXT], speed[SIZE_TEXT];

    put_size(read_text, sizeof(read_text), (double)done);
    put_size(all, sizeof(all), (double)total);
    put_size(speed, sizeof(speed), rate);
    if (total == 0 || rate <= 0 || done > total) {
        snprintf(out, size, "%s, %s/s", read_text, speed);
        return;
    }
    snprintf(out, size, "%.0f %% of %s, %s/s, %.0f s left",
             100.0 * (double)done / (double)total, all, speed,
             (double)(total - done) / rate);
}

void pg_progress_show(pg_progress_t *progress, apr_uint64_t done)
{
    apr_time_t elapsed = monotonic() - progress->begun;
    char text[TEXT];

    if (!progress->on || elapsed < APR_USEC_PER_SEC) {
        return;
    }
    write_text(text, sizeof(text), done, progress->total, elapsed);
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
    progress->shown = true;
}

void pg_progress_end(pg_progress_t *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}
