{{ config(materialized='view') }}
-- A person with an account, as the warehouse has it
select
  md5(coalesce(getvariable('pepper')::varchar, error('the pepper is not set: run dbt with pepper.py')) || '|' || cast(id as varchar)) as user_key,
  locale,
  settings_theme,
  settings_time_zone,
  settings_mail_digest,
  created_at
from {{ source('app', 'users') }}
