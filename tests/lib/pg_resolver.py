# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A server for which the name two.invalid has two addresses, 127.0.0.9 and then
127.0.0.3, as many names have one of IPv6 and one of IPv4."""

import os
import shlex
import subprocess

from pg_httpd import Httpd

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

typedef int resolver_t(const char *, const char *, const struct addrinfo *,
                       struct addrinfo **);

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **out)
{
    resolver_t *real = (resolver_t *)dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo *last;
    int result;

    if (node == NULL || strcmp(node, "two.invalid") != 0) {
        return real(node, service, hints, out);
    }
    result = real("127.0.0.9", service, hints, out);
    if (result != 0) {
        return result;
    }
    for (last = *out; last->ai_next; last = last->ai_next) {
    }
    return real("127.0.0.3", service, hints, &last->ai_next);
}
"""


class Resolving(Httpd):
    def _environment(self):
        env, library = super()._environment(), self.path("resolver.so")
        if not os.path.exists(library):
            subprocess.run([*shlex.split(os.environ.get("CC", "cc")),
                            "-shared", "-fPIC", "-x", "c", "-o", library, "-",
                            "-ldl"], input=SOURCE, text=True, check=True)
        return {**env, "LD_PRELOAD": " ".join(
            [*env.get("LD_PRELOAD", "").split(), library])}
