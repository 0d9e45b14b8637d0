-- title: 自动上报占比 | unit: "%" | period: 1d | refresh: 5min | direction: up
-- dimensions: [region] | rows: grid_governance.event
select date_trunc('day', opened_at) as period, left(region, 6) as region,
       100.0 * count(*) filter (where source in ('alarm', 'camera')) / count(*) as value,
       count(*) filter (where source in ('alarm', 'camera')) as numerator, count(*) as denominator,
       max(origin) as origin
from {{resource('grid_governance.event')}}
where state <> 'merged'
group by all
