-- title: 推诿事件数 | unit: "1" | period: 1d | refresh: 5min | direction: down | target: 0
-- dimensions: [region] | rows: grid_governance.event
select date_trunc('day', opened_at) as period, left(region, 6) as region,
       count(*) filter (where rejected_count >= 2) as value,
       count(*) filter (where rejected_count >= 2) as numerator, count(*) as denominator, max(origin) as origin
from {{resource('grid_governance.event')}}
where state <> 'merged'
group by all
