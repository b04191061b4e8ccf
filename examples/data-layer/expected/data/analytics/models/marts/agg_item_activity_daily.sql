{{ config(materialized='table') }}
-- Items made and finished: sums by day
select
  date_key,
  state,
  sum(item_count) as item_count
from {{ ref('fct_item_activity') }}
group by 1, 2
