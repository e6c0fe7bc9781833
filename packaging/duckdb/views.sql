-- The questions of the status page, answered by DuckDB from evidence logs and
-- from what `proxyguard classify` makes of access logs.
--
--     SET VARIABLE evidence = '/var/log/apache2/*evidence*.json*';
--     .read views.sql
--     SELECT * FROM months_by_family;
--
-- The files may come from any number of servers, plain or packed with gzip or
-- zstd, and may be larger than memory. Set the variable before the views are
-- used; a list of patterns will do, too: ['north/*.json', 'south/*.json.gz'].
-- Only the columns that a query needs are kept, whatever else a line holds.

CREATE OR REPLACE VIEW attempts AS
SELECT "@timestamp"                     AS time,
       observer."name"                  AS sensor,
       server.address                   AS vhost,
       proxyguard.class                 AS class,
       proxyguard.family                AS family,
       proxyguard.outcome               AS outcome,
       proxyguard.judged                AS judged,
       event.reason                     AS reason,
       source.address                   AS source,
       destination.address              AS host,
       destination.port                 AS port,
       http.request.method              AS method,
       url.original                     AS target,
       http.response.status_code        AS status,
       user_agent.original              AS agent
FROM read_json(getvariable('evidence'), format = 'newline_delimited',
     union_by_name = true, ignore_errors = true, columns = {
       "@timestamp": 'TIMESTAMP',
       observer:     'STRUCT("name" VARCHAR)',
       server:       'STRUCT(address VARCHAR)',
       proxyguard:   'STRUCT(class VARCHAR, family VARCHAR, outcome VARCHAR, judged VARCHAR)',
       event:        'STRUCT(reason VARCHAR)',
       source:       'STRUCT(address VARCHAR)',
       destination:  'STRUCT(address VARCHAR, port INTEGER)',
       http:         'STRUCT(request STRUCT("method" VARCHAR), response STRUCT(status_code INTEGER))',
       url:          'STRUCT(original VARCHAR)',
       user_agent:   'STRUCT(original VARCHAR)'})
WHERE proxyguard.family IS NOT NULL;

-- Was anything relayed? On a server that is not meant to be a proxy this is
-- empty, and so is the next one.
CREATE OR REPLACE VIEW relayed AS
SELECT * FROM attempts WHERE outcome = 'relayed' ORDER BY time;

-- What may have been relayed: an access log has only the status and the length
-- of a response, and a single line does not tell where it came from.
-- `proxyguard scan` compares responses. Evidence logs have no such attempts.
CREATE OR REPLACE VIEW unclear AS
SELECT * FROM attempts WHERE judged = 'unclear' ORDER BY time;

-- More than before? Attempts per month (UTC) by family.
CREATE OR REPLACE VIEW months_by_family AS
SELECT date_trunc('month', time) AS month, family, count(*) AS attempts
FROM attempts GROUP BY ALL ORDER BY month, family;

-- The same for each sensor, with its share of that month and family.
CREATE OR REPLACE VIEW sensors_compared AS
WITH counted AS (
    SELECT date_trunc('month', time) AS month, family, sensor,
           count(*) AS attempts
    FROM attempts GROUP BY ALL)
SELECT *, round(100.0 * attempts / sum(attempts) OVER (
           PARTITION BY month, family), 1) AS percent
FROM counted ORDER BY month, family, sensor;

-- Who? Over all servers, with how many of them each source has tried.
CREATE OR REPLACE VIEW top_sources AS
SELECT source, count(*) AS attempts, count(DISTINCT sensor) AS sensors,
       count(DISTINCT host) AS hosts, min(time) AS first, max(time) AS last,
       list_sort(list(DISTINCT class)) AS classes
FROM attempts GROUP BY source ORDER BY attempts DESC, source;

-- When, and by which sensor, was each source seen first?
CREATE OR REPLACE VIEW first_seen AS
SELECT source, min(time) AS first, arg_min_null(sensor, time) AS sensor,
       arg_min(class, time) AS class
FROM attempts GROUP BY source ORDER BY first DESC, source;

-- Where to? A target that many sources ask for is a campaign rather than a
-- person: a proxy checker's judge page, a mail server, a paid click.
CREATE OR REPLACE VIEW campaigns AS
SELECT host, port, count(*) AS attempts, count(DISTINCT source) AS sources,
       count(DISTINCT sensor) AS sensors,
       count(DISTINCT CAST(time AS DATE)) AS days,
       min(time) AS first, max(time) AS last
FROM attempts WHERE host IS NOT NULL
GROUP BY host, port HAVING count(DISTINCT source) > 1
ORDER BY sources DESC, attempts DESC, host, port;

-- How many lines are not in the figures above, because they are not attempts or
-- were cut short by a full disk? Only if it is zero are the others complete.
CREATE OR REPLACE VIEW unread AS
SELECT (SELECT count(*) FROM read_csv(getvariable('evidence'),
            columns = {line: 'VARCHAR'}, header = false, auto_detect = false,
            delim = chr(1), quote = '', escape = '', strict_mode = false,
            max_line_size = 4194304)
        WHERE line NOT LIKE '%"dataset":"proxyguard.sink"%') - (SELECT count(*) FROM attempts) AS lines;
