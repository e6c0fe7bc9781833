-- The status page's questions, over all servers of the cluster: those of
-- packaging/duckdb/views.sql, with the same columns and the same answers. What
-- is NULL there is empty or 0 here, also as a time (1970-01-01): not known.
--
--     clickhouse-client --query 'SELECT * FROM proxyguard.months_by_family'

-- Was anything relayed? On a server that is not meant to be a proxy this is
-- empty, and so is the next one.
CREATE VIEW proxyguard.relayed AS
SELECT * FROM proxyguard.attempts WHERE outcome = 'relayed'
ORDER BY time, millisecond;

-- What may have been relayed: an access log has the status and the length of an
-- answer, and one line alone does not tell whose it was. `proxyguard scan`
-- compares answers. Evidence logs have no such attempts.
CREATE VIEW proxyguard.unclear AS
SELECT * FROM proxyguard.attempts WHERE judged = 'unclear'
ORDER BY time, millisecond;

-- Is it more than before? Attempts a month (UTC) by family.
CREATE VIEW proxyguard.months_by_family AS
SELECT toStartOfMonth(day) AS month, family, sum(attempts) AS attempts
FROM proxyguard.days GROUP BY month, family ORDER BY month, family;

-- The same for each sensor, with its share of that month and family.
CREATE VIEW proxyguard.sensors_compared AS
SELECT month, family, sensor, attempts,
       round(100.0 * attempts / total, 1) AS percent
FROM (SELECT toStartOfMonth(day) AS month, family, sensor,
             sum(attempts) AS attempts
      FROM proxyguard.days GROUP BY month, family, sensor)
ANY LEFT JOIN
     (SELECT toStartOfMonth(day) AS month, family, sum(attempts) AS total
      FROM proxyguard.days GROUP BY month, family)
USING (month, family)
ORDER BY month, family, sensor;

-- Who? Over all servers, with how many of them each source has tried.
CREATE VIEW proxyguard.top_sources AS
SELECT source, count() AS attempts,
       uniqExactIf(sensor, sensor != '') AS sensors,
       uniqExactIf(host, host != '') AS hosts,
       minIf(time, toUInt32(time) > 0) AS first, max(time) AS last,
       arraySort(groupUniqArray(class)) AS classes
FROM proxyguard.attempts GROUP BY source ORDER BY attempts DESC, source;

-- When, and by which sensor, was each source seen first?
CREATE VIEW proxyguard.first_seen AS
SELECT source, minIf(time, toUInt32(time) > 0) AS first,
       argMinIf(sensor, toUInt32(time) * 1000 + millisecond,
                toUInt32(time) > 0) AS sensor,
       argMinIf(class, toUInt32(time) * 1000 + millisecond,
                toUInt32(time) > 0) AS class
FROM proxyguard.attempts GROUP BY source ORDER BY first DESC, source;

-- Where to? One target asked for by many sources is a campaign rather than a
-- person: a proxy checker's judge page, a mail server, a click to be paid for.
CREATE VIEW proxyguard.campaigns AS
SELECT host, port, count() AS attempts, uniqExact(source) AS sources,
       uniqExactIf(sensor, sensor != '') AS sensors,
       uniqExactIf(toDate(time), toUInt32(time) > 0) AS days,
       minIf(time, toUInt32(time) > 0) AS first, max(time) AS last
FROM proxyguard.attempts WHERE host != ''
GROUP BY host, port HAVING sources > 1
ORDER BY sources DESC, attempts DESC, host, port;

-- How many lines are not in the figures above, because they are no attempt or
-- were torn off by a full disk? Zero is what makes the rest believable.
CREATE VIEW proxyguard.unread AS
SELECT count() AS lines FROM proxyguard.unread_lines;
