{{ config(materialized='view') }}
-- A person with an account, as the warehouse has it
select
  md5('{{ env_var('WAREHOUSE_PEPPER', 'only for a trial run') }}' || '|' || cast(id as varchar)) as user_key,
  locale,
  settings_theme,
  settings_time_zone,
  settings_mail_digest,
  created_at
from {{ source('app', 'users') }}
