-- title: 15 秒接通率 | unit: "%" | period: 1d | refresh: 5min | direction: up | target: 95
-- alarm: {raise: "< 80", clear: ">= 90", hold: 2} | dimensions: [region] | rows: grid_governance.hotlinecall
select date_trunc('day', queued_at) as period, left(region, 6) as region,
       100.0 * count(*) filter (where date_diff('second', queued_at, answered_at) <= 15) / count(*) as value,
       count(*) filter (where date_diff('second', queued_at, answered_at) <= 15) as numerator,
       count(*) as denominator, max(origin) as origin
from {{resource('grid_governance.hotlinecall')}}
where line = '12345'
group by all
