-- Written from the model ec6da0378fdf6c38; change the model, not this file.
-- DuckDB. The sink runs it each minute, then moves warehouse.prom.new into the folder of the
-- textfile collector of node_exporter (one step, so that no half file is read).
COPY (
SELECT unnest(['# HELP pipeline_event_age_seconds age of events when they were loaded', '# TYPE pipeline_event_age_seconds gauge']) AS line
UNION ALL SELECT 'pipeline_event_age_seconds{' || 'consumer="' || consumer || '"' || ',' || 'quantile="' || quantile || '"' || '} ' || age_seconds::DOUBLE FROM (
SELECT 'warehouse' AS consumer, '0.5' AS quantile, quantile_cont(epoch(l.committed_at) - epoch(e.happened_at), 0.5) AS age_seconds FROM events AS e JOIN loads AS l USING (load) WHERE epoch(l.committed_at) > epoch(now()) - 300 HAVING count(*) > 0
UNION ALL SELECT 'warehouse' AS consumer, '0.99' AS quantile, quantile_cont(epoch(l.committed_at) - epoch(e.happened_at), 0.99) AS age_seconds FROM events AS e JOIN loads AS l USING (load) WHERE epoch(l.committed_at) > epoch(now()) - 300 HAVING count(*) > 0
)
UNION ALL SELECT unnest(['# HELP pipeline_last_load_timestamp_seconds when the last load was committed, empty or not', '# TYPE pipeline_last_load_timestamp_seconds gauge']) AS line
UNION ALL SELECT 'pipeline_last_load_timestamp_seconds{' || 'consumer="' || consumer || '"' || '} ' || timestamp_seconds::DOUBLE FROM (
SELECT 'warehouse' AS consumer, last_at AS timestamp_seconds FROM (SELECT max(epoch(committed_at)) AS last_at FROM loads) AS l WHERE last_at IS NOT NULL
)
UNION ALL SELECT unnest(['# HELP pipeline_put_aside_total dead letters', '# TYPE pipeline_put_aside_total counter']) AS line
UNION ALL SELECT 'pipeline_put_aside_total{' || 'consumer="' || consumer || '"' || '} ' || total::DOUBLE FROM (
SELECT 'warehouse' AS consumer, n AS total FROM (SELECT count(*) AS n FROM put_aside) AS a
)
UNION ALL SELECT unnest(['# HELP reconciliation_warehouse_events events loaded of the span compared', '# TYPE reconciliation_warehouse_events gauge']) AS line
UNION ALL SELECT 'reconciliation_warehouse_events{' || 'consumer="' || consumer || '"' || ',' || 'table="' || "table" || '"' || '} ' || events::DOUBLE FROM (
SELECT 'warehouse' AS consumer, t.name AS "table", count(e.event_id) AS events FROM (VALUES ('items'), ('users')) AS t(name) LEFT JOIN (SELECT event_id, table_name, "row" FROM events WHERE epoch(happened_at) < floor((epoch(now()) - 900) / 300) * 300 AND epoch(happened_at) >= floor((epoch(now()) - 900) / 300) * 300 - 3600) AS e ON e.table_name = t.name GROUP BY t.name
)
UNION ALL SELECT unnest(['# HELP reconciliation_timestamp_seconds when this side was counted last', '# TYPE reconciliation_timestamp_seconds gauge']) AS line
UNION ALL SELECT 'reconciliation_timestamp_seconds{' || 'consumer="' || consumer || '"' || '} ' || timestamp_seconds::DOUBLE FROM (
SELECT 'warehouse' AS consumer, epoch(now()) AS timestamp_seconds
)
) TO 'warehouse.prom.new' (FORMAT csv, HEADER false, QUOTE '', DELIMITER '\t');
