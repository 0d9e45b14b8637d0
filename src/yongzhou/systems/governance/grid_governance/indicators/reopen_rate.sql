-- title: 重开率 | unit: "%" | period: 1d | refresh: 5min | direction: down | target: 3
-- alarm: {raise: "> 10", clear: "<= 5", hold: 2} | dimensions: [region] | rows: grid_governance.event
select date_trunc('day', opened_at) as period, left(region, 6) as region,
       100.0 * count(*) filter (where reopen_count > 0) / count(*) as value,
       count(*) filter (where reopen_count > 0) as numerator, count(*) as denominator, max(origin) as origin
from {{resource('grid_governance.event')}}
where state <> 'merged' and done_at is not null
group by all
