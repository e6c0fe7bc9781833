/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What other modules and configurations may rely on: the version, the names
 * under which a request's verdict is left, and one optional function. */
#ifndef MOD_PROXYGUARD_H
#define MOD_PROXYGUARD_H

#include "httpd.h"
#include "apr_optional.h"

/** The product's version; the only place where it stands. */
#define PROXYGUARD_VERSION "1.0.0"

/* Notes (r->notes) of a request that is an attempt, from post_read_request
 * on: %{proxyguard-class}n in a LogFormat. A clean request has none. */
#define PROXYGUARD_NOTE_CLASS  "proxyguard-class"    /* "absolute", ...    */
#define PROXYGUARD_NOTE_REASON "proxyguard-reason"   /* why                */
#define PROXYGUARD_NOTE_ACTION "proxyguard-action"   /* pass, deny, drop or
                                                         sink              */

/* Environment variable with the class, for `Require env`, SetEnvIf in a
 * directory context, env= of CustomLog, and reqenv() in expressions. */
#define PROXYGUARD_ENV "PROXYGUARD"

/**
 * The class of a request, or NULL when it is no relay attempt (or was not
 * looked at yet: ask after post_read_request). A constant string.
 */
APR_DECLARE_OPTIONAL_FN(const char *, proxyguard_class, (request_rec *r));

#endif
