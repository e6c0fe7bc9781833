/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_reach.h"

#include "pg_named.h"

enum { UNREAD_SHARE = 100 };     /* one line in so many may be unread      */

PG_NAMED_FUNCTION(pg_reach_verdict_name, pg_reach_verdict_e, PG_REACH_VERDICTS)
PG_NAMED_FUNCTION(pg_reach_doubt_name, pg_reach_doubt_e, PG_REACH_DOUBTS)

pg_reach_doubt_e pg_reach_doubt(const pg_reach_file_t *file)
{
    if (file->lines == 0) {
        return PG_REACH_DOUBT_EMPTY;
    }
    if (file->requests == 0) {
        return PG_REACH_DOUBT_NO_REQUEST;
    }
    if (file->unread > file->lines / UNREAD_SHARE) {
        return PG_REACH_DOUBT_UNREAD;
    }
    if (file->suspect) {
        return PG_REACH_DOUBT_SUSPECT;
    }
    if (file->partial > file->requests / 2) {
        return PG_REACH_DOUBT_PARTIAL;
    }
    return file->questioned ? PG_REACH_DOUBT_QUESTIONED
                            : PG_REACH_DOUBT_NONE;
}
