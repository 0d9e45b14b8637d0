-- title: 按期办结率 | unit: "%" | period: 1d | refresh: 5min | direction: up | target: 95
-- alarm: {raise: "< 85", clear: ">= 90", hold: 2} | dimensions: [region] | rows: grid_governance.event
select date_trunc('day', coalesce(done_at, due)) as period, left(region, 6) as region,
       100.0 * count(*) filter (where done_at <= due) / count(*) as value,
       count(*) filter (where done_at <= due) as numerator, count(*) as denominator, max(origin) as origin
from {{resource('grid_governance.event')}}
where state <> 'merged' and due is not null and (done_at is not null or due < now())
group by all
