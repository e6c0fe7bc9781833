-- What attempts and their daily sums are kept in, on each ClickHouse server of
-- the cluster "proxyguard" (cluster.xml). Works with ClickHouse 18.16 and
-- later.
--
--     clickhouse-client -n < tables.sql
--     clickhouse-client -n < views.sql
--
-- One way in, for evidence logs and for access logs, on any of the servers:
--
--     zcat evidence.json.gz |
--         clickhouse-client --format_csv_delimiter=$'\001' \
--             --query 'INSERT INTO proxyguard.lines (line) FORMAT CSV'
--     proxyguard classify access.log | sed $'s/$/\001north/' |
--         clickhouse-client --format_csv_delimiter=$'\001' \
--             --query 'INSERT INTO proxyguard.lines FORMAT CSV'
--
-- A line of JSON contains no control characters, so with such a delimiter each
-- line is one value. An access log does not say which sensor wrote it: the
-- second column does.

CREATE DATABASE IF NOT EXISTS proxyguard;

-- Stores nothing: the materialised views below take what they need from it.
CREATE TABLE IF NOT EXISTS proxyguard.lines (line String, sensor String)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS proxyguard.attempts_local (
    time        DateTime('UTC'),    -- 0: the line has no time
    millisecond UInt16,
    sensor      String,
    vhost       String,
    class       String,
    family      String,
    outcome     String,
    judged      String,             -- of an access log's 2xx, else empty
    reason      String,
    source      String,
    host        String,             -- empty: the attempt named none
    port        UInt16,             -- 0: the same
    method      String,
    target      String,
    status      UInt16,
    agent       String
) ENGINE = MergeTree PARTITION BY toYYYYMM(time) ORDER BY (source, time);

-- The members of a line have a fixed order, and quotes from a client have a
-- backslash in front: no text from a client contains "source":{"address": in
-- the form that these functions look for.
CREATE MATERIALIZED VIEW IF NOT EXISTS proxyguard.attempts_of_lines
TO proxyguard.attempts_local AS
WITH visitParamExtractRaw(line, 'proxyguard') AS guard,
     visitParamExtractString(line, 'observer":{"name') AS observer,
     visitParamExtractString(line, '@timestamp') AS stamp,
     position(line, '"destination":{') AS destination
SELECT if(stamp = '', toDateTime(0, 'UTC'),     -- 18.16 makes it 2000-01-01
          parseDateTimeBestEffortOrZero(stamp, 'UTC')) AS time,
       toUInt16OrZero(substring(stamp, 21, 3)) AS millisecond,
       if(observer = '', sensor, observer) AS sensor,
       visitParamExtractString(line, 'server":{"address') AS vhost,
       visitParamExtractString(guard, 'class') AS class,
       visitParamExtractString(guard, 'family') AS family,
       visitParamExtractString(guard, 'outcome') AS outcome,
       visitParamExtractString(guard, 'judged') AS judged,
       visitParamExtractString(line, 'reason') AS reason,
       visitParamExtractString(line, 'source":{"address') AS source,
       visitParamExtractString(line, 'destination":{"address') AS host,
       toUInt16(if(destination = 0, 0, visitParamExtractUInt(
           substring(line, destination), 'port'))) AS port,
       visitParamExtractString(line, 'request":{"method') AS method,
       visitParamExtractString(line, 'url":{"original') AS target,
       toUInt16(visitParamExtractUInt(line, 'response":{"status_code'))
           AS status,
       visitParamExtractString(line, 'user_agent":{"original') AS agent
FROM proxyguard.lines
WHERE endsWith(line, '}') AND family != '';

-- Not an attempt, or cut short: the beginning is kept so that you can tell. For
-- what the sink captured there is also the line of the attempt.
CREATE TABLE IF NOT EXISTS proxyguard.unread_local (
    loaded DateTime('UTC') DEFAULT now(), start String
) ENGINE = MergeTree PARTITION BY toYYYYMM(loaded) ORDER BY loaded;

CREATE MATERIALIZED VIEW IF NOT EXISTS proxyguard.unread_of_lines
TO proxyguard.unread_local AS
SELECT now() AS loaded, substring(line, 1, 200) AS start
FROM proxyguard.lines
WHERE NOT (endsWith(line, '}') AND visitParamExtractString(
    visitParamExtractRaw(line, 'proxyguard'), 'family') != '')
  AND position(line, '"dataset":"proxyguard.sink"') = 0;

-- Sums by day, small enough to keep for good: drop old partitions of
-- attempts_local and the months remain.
CREATE TABLE IF NOT EXISTS proxyguard.days_local (
    day      Date,
    sensor   String,
    family   String,
    class    String,
    outcome  String,
    attempts UInt64
) ENGINE = SummingMergeTree(attempts) PARTITION BY toYear(day)
ORDER BY (day, sensor, family, class, outcome);

-- Also from the lines: before ClickHouse 19, what one view writes does not
-- reach other views.
CREATE MATERIALIZED VIEW IF NOT EXISTS proxyguard.days_of_lines
TO proxyguard.days_local AS
WITH visitParamExtractRaw(line, 'proxyguard') AS guard,
     visitParamExtractString(line, 'observer":{"name') AS observer
SELECT toDateOrZero(substring(
           visitParamExtractString(line, '@timestamp'), 1, 10)) AS day,
       if(observer = '', sensor, observer) AS sensor,
       visitParamExtractString(guard, 'family') AS family,
       visitParamExtractString(guard, 'class') AS class,
       visitParamExtractString(guard, 'outcome') AS outcome,
       count() AS attempts
FROM proxyguard.lines
WHERE endsWith(line, '}') AND family != ''
GROUP BY day, sensor, family, class, outcome;

-- The same over all servers.
CREATE TABLE IF NOT EXISTS proxyguard.attempts AS proxyguard.attempts_local
ENGINE = Distributed(proxyguard, proxyguard, attempts_local);
CREATE TABLE IF NOT EXISTS proxyguard.days AS proxyguard.days_local
ENGINE = Distributed(proxyguard, proxyguard, days_local);
CREATE TABLE IF NOT EXISTS proxyguard.unread_lines AS proxyguard.unread_local
ENGINE = Distributed(proxyguard, proxyguard, unread_local);
