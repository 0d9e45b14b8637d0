-- title: 未结事件数 | unit: "1" | period: 1h | refresh: 1min | direction: down
-- dimensions: [region] | rows: grid_governance.event
select date_trunc('hour', now()) as period, left(region, 6) as region,
       count(*) filter (where state not in ('closed', 'merged')) as value,
       count(*) filter (where state not in ('closed', 'merged')) as numerator, count(*) as denominator,
       max(origin) as origin
from {{resource('grid_governance.event')}}
group by all
