{{ config(materialized='view') }}
-- A thing a user keeps, as the warehouse has it
select
  md5(cast(id as varchar)) as item_key,
  md5('{{ env_var('WAREHOUSE_PEPPER', 'only for a trial run') }}' || '|' || cast(user_id as varchar)) as user_key,
  state,
  created_at,
  updated_at
from {{ source('app', 'items') }}
