-- No row of items up to the newest one in fct_item_activity is missing there, and sums agree.
with made as (
  select count(*) as n from {{ ref('fct_item_activity') }}
),
source as (
  select count(*) as n
  from {{ source('app', 'items') }} f
  where cast(f.created_at as timestamptz) <= (select max(happened_at) from {{ ref('fct_item_activity') }})
)
select made.n as rows_here, source.n as rows_there
from made cross join source
where made.n < source.n
