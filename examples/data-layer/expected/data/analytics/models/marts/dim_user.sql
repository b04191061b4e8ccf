{{ config(materialized='table') }}
-- A person with an account, what it was at any time
with versions as (
  select
    s.*,
    row_number() over (partition by user_key order by dbt_valid_from) as version
  from {{ ref('snap_users') }} s
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
  true as is_current
