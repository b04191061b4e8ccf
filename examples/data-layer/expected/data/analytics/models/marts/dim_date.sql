{{ config(materialized='table') }}
-- The calendar, in UTC
with recursive bounds as (
  select min(happened_on) as first_day, max(happened_on) as last_day
  from (
    select cast(created_at at time zone 'UTC' as date) as happened_on from {{ ref('stg_items') }}
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
