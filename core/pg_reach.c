/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_reach.h"

#define NAME_OF(sym, name) name,
static const char *const verdicts[] = { PG_REACH_VERDICTS(NAME_OF) };
static const char *const doubts[] = { PG_REACH_DOUBTS(NAME_OF) };
#undef NAME_OF

enum { UNREAD_SHARE = 100 };     /* one line in so many may be unread      */

const char *pg_reach_verdict_name(pg_reach_verdict_e verdict)
{
    return (unsigned int)verdict < PG_REACH_VERDICT_COUNT
           ? verdicts[verdict] : "?";
}

const char *pg_reach_doubt_name(pg_reach_doubt_e doubt)
{
    return (unsigned int)doubt < PG_REACH_DOUBT_COUNT ? doubts[doubt] : "?";
}

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
