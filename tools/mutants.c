/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Which code a test runs: each basic block calls __sanitizer_cov_trace_pc()
   (gcc -fsanitize-coverage=trace-pc), which sets the byte of the address that
   it returns to, counted from the beginning of a library, in the file
   $PG_TRACE, whose name begins with the library's. All processes of a test
   share that file; httpd opens it before it changes its user. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void __sanitizer_cov_trace_pc(void);

static unsigned char *seen;
static size_t base, size;

static int find_library(struct dl_phdr_info *info, size_t n, void *path)
{
    const char *name = strrchr(info->dlpi_name, '/');

    (void)n;
    base = info->dlpi_addr;
    return name && strstr(path, name);
}

__attribute__((constructor)) static void map_the_file(void)
{
    char *path = getenv("PG_TRACE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    struct stat info;
    void *mapped;

    if (fd < 0) {
        return;
    }
    if (fstat(fd, &info) == 0 && dl_iterate_phdr(find_library, path)) {
        size = (size_t)info.st_size;
        mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        seen = mapped == MAP_FAILED ? NULL : mapped;
    }
    close(fd);
}

void __sanitizer_cov_trace_pc(void)
{
    size_t at = (size_t)__builtin_return_address(0) - base;

    if (seen && at < size) {
        seen[at] = 1;
    }
}
