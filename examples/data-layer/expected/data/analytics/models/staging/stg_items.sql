{{ config(materialized='view') }}
-- A thing a user keeps, as the warehouse has it
select
  md5(cast(id as varchar)) as item_key,
  md5(coalesce(getvariable('pepper')::varchar, error('the pepper is not set: run dbt with pepper.py')) || '|' || cast(user_id as varchar)) as user_key,
  state,
  created_at,
  updated_at
from {{ source('app', 'items') }}
