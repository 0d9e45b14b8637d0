-- title: 群众满意率 | unit: "%" | period: 1d | refresh: 5min | direction: up | target: 95
-- alarm: {raise: "< 80", clear: ">= 90", hold: 2} | dimensions: [region] | rows: grid_governance.event
select date_trunc('day', closed_at) as period, left(region, 6) as region,
       100.0 * count(*) filter (where rating >= 4) / count(rating) as value,
       count(*) filter (where rating >= 4) as numerator, count(rating) as denominator, max(origin) as origin
from {{resource('grid_governance.event')}}
where state = 'closed' and rating is not null
group by all
