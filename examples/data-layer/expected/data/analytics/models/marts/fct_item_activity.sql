{{ config(materialized='incremental', unique_key='item_key', incremental_strategy='delete+insert') }}
-- Items made and finished: one row for each item
select
  f.item_key,
  cast(f.created_at at time zone 'UTC' as date) as date_key,
  cast(f.created_at as timestamptz) as happened_at,
  f.updated_at as changed_at,
  coalesce(d1.user_version_key, 'unknown') as user_version_key,
  f.state,
  1 as item_count
from {{ ref('stg_items') }} f
left join {{ ref('dim_user') }} d1 on d1.user_key = f.user_key and f.created_at >= d1.valid_from and f.created_at < d1.valid_to
{% if is_incremental() %}
where f.updated_at >= (select max(changed_at) - interval '3600 seconds' from {{ this }})
{% endif %}
