/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_finding.h"

const char *pg_finding_severity(pg_severity_e severity)
{
    static const char *const names[] = {
        [PG_SEVERITY_NOTE] = "note", [PG_SEVERITY_WARNING] = "warning",
        [PG_SEVERITY_CRITICAL] = "critical"
    };

    return (unsigned)severity < PG_SEVERITY_COUNT ? names[severity] : "?";
}
