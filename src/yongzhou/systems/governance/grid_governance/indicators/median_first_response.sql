-- title: 首次响应时长中位数 | unit: min | period: 1d | refresh: 5min | direction: down | target: 60
-- alarm: {raise: "> 240", clear: "<= 120", hold: 2} | dimensions: [region] | rows: grid_governance.event
select date_trunc('day', opened_at) as period, left(region, 6) as region,
       median(date_diff('second', opened_at, accepted_at)) / 60.0 as value,
       count(accepted_at) as numerator, count(*) as denominator, max(origin) as origin
from {{resource('grid_governance.event')}}
where state <> 'merged' and accepted_at is not null
group by all
