-- Run once, outside a transaction, by a role that may read the tables and owns the
-- views. Who asks needs rights on the schema `analytics` alone;
-- refresh.sql every 30 min.

-- what analyses are asked of
CREATE SCHEMA IF NOT EXISTS analytics;

-- what pseudonyms are made with
CREATE SCHEMA IF NOT EXISTS analytics_secret;

REVOKE ALL ON SCHEMA analytics_secret FROM PUBLIC;

CREATE TABLE IF NOT EXISTS analytics_secret.pepper (value text NOT NULL);

INSERT INTO analytics_secret.pepper SELECT gen_random_uuid()::text || gen_random_uuid()::text WHERE NOT EXISTS (SELECT 1 FROM analytics_secret.pepper);

-- finds the rows since the last closed day
CREATE INDEX CONCURRENTLY IF NOT EXISTS items_created_at_blocks ON public.items USING brin (created_at);

-- A person with an account, as the warehouse has it
CREATE OR REPLACE VIEW analytics.stg_users AS
select
  md5((select value from analytics_secret.pepper) || '|' || cast(id as varchar)) as user_key,
  locale,
  settings_theme,
  settings_time_zone,
  settings_mail_digest,
  created_at
from public.users;

-- A thing a user keeps, as the warehouse has it
CREATE OR REPLACE VIEW analytics.stg_items AS
select
  md5(cast(id as varchar)) as item_key,
  md5((select value from analytics_secret.pepper) || '|' || cast(user_id as varchar)) as user_key,
  state,
  created_at,
  updated_at
from public.items;

-- Versions of a person with an account
CREATE OR REPLACE VIEW analytics.snap_users AS
select s.*, cast('1900-01-01 00:00:00+00' as timestamptz) as dbt_valid_from, cast(null as timestamptz) as dbt_valid_to
from (select
  user_key,
  locale,
  settings_theme,
  settings_time_zone,
  settings_mail_digest,
  created_at
from analytics.stg_users) s;

-- A person with an account, what it was at any time
CREATE OR REPLACE VIEW analytics.dim_user AS
with versions as (
  select
    s.*,
    row_number() over (partition by user_key order by dbt_valid_from) as version
  from analytics.snap_users s
)
select
  md5(user_key || '|' || cast(version as varchar)) as user_version_key,
  user_key,
  locale,
  settings_theme,
  settings_time_zone,
  settings_mail_digest,
  created_at,
  case when version = 1 then cast('1900-01-01 00:00:00+00' as timestamptz) else cast(dbt_valid_from as timestamptz) end as valid_from,
  coalesce(cast(dbt_valid_to as timestamptz), cast('9999-12-31 00:00:00+00' as timestamptz)) as valid_to,
  dbt_valid_to is null as is_current
from versions
union all
select
  'unknown' as user_version_key,
  'unknown' as user_key,
  cast(null as text) as locale,
  cast(null as text) as settings_theme,
  cast(null as text) as settings_time_zone,
  cast(null as text) as settings_mail_digest,
  cast(null as timestamptz) as created_at,
  cast('1900-01-01 00:00:00+00' as timestamptz) as valid_from,
  cast('9999-12-31 00:00:00+00' as timestamptz) as valid_to,
  true as is_current;

-- The calendar, in UTC
CREATE MATERIALIZED VIEW analytics.dim_date AS
with recursive bounds as (
  select min(happened_on) as first_day, greatest(max(happened_on), current_date + 7) as last_day
  from (
    select cast(created_at at time zone 'UTC' as date) as happened_on from analytics.stg_items
  ) happened
),
spine as (
  select first_day as date_key, last_day from bounds
  where first_day is not null
  union all
  select cast(date_key + interval '1 day' as date), last_day from spine
  where date_key < last_day
)
select
  date_key,
  cast(extract(year from date_key) as integer) as calendar_year,
  cast(extract(quarter from date_key) as integer) as quarter_of_year,
  cast(extract(month from date_key) as integer) as month_of_year,
  cast(extract(week from date_key) as integer) as iso_week,
  cast(extract(day from date_key) as integer) as day_of_month,
  cast(extract(isodow from date_key) as integer) as day_of_week,
  extract(isodow from date_key) >= 6 as is_weekend
from spine
WITH NO DATA;

CREATE UNIQUE INDEX ON analytics.dim_date (date_key);

-- Items made and finished: one row for each item
CREATE OR REPLACE VIEW analytics.fct_item_activity AS
select
  f.item_key,
  cast(f.created_at at time zone 'UTC' as date) as date_key,
  cast(f.created_at as timestamptz) as happened_at,
  f.updated_at as changed_at,
  coalesce(md5(f.user_key || '|1'), 'unknown') as user_version_key,
  f.state,
  1 as item_count
from analytics.stg_items f;

-- Items made and finished: sums by day, of days older than 1 d
CREATE MATERIALIZED VIEW analytics.agg_item_activity_closed AS
select
  date_key,
  state,
  sum(item_count) as item_count
from analytics.fct_item_activity
where date_key < current_date - 1
group by 1, 2
WITH NO DATA;

-- lets a refresh run while it is asked
CREATE UNIQUE INDEX ON analytics.agg_item_activity_closed (date_key, state);

-- Items made and finished: sums by day
CREATE OR REPLACE VIEW analytics.agg_item_activity_daily AS
select * from analytics.agg_item_activity_closed
union all
select
  date_key,
  state,
  sum(item_count) as item_count
from analytics.fct_item_activity
where happened_at >= (select coalesce(max(date_key), date '1900-01-01') + 1 from analytics.agg_item_activity_closed)::timestamp at time zone 'UTC'
group by 1, 2;

-- who asks; the same role as for the masked views
DO $$ BEGIN CREATE ROLE app_analyst NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

GRANT USAGE ON SCHEMA analytics TO app_analyst;

GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO app_analyst;

REFRESH MATERIALIZED VIEW analytics.dim_date;

REFRESH MATERIALIZED VIEW analytics.agg_item_activity_closed;
