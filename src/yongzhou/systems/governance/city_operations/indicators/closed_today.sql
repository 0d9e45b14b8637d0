-- title: 今日结案 | unit: 件 | period: 1d | refresh: 1min | direction: up | digits: 0
-- dimensions: [region] | rows: matters.matter?state=closed
-- about: 今天零点（北京时间）以来结案的事项。
with today as (
  select date_trunc('day', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai' as start
), county as (
  select code as region from {{resource('places.place')}} where kind in ('county', 'city') and code like '4311%'
), matter as (
  select unnest([left(region, 6), '4311']) as region, origin from {{resource('matters.matter')}}, today
  where closed_at >= today.start and closed_at <= now()
)
select today.start as period, county.region, count(matter.region)::double as value, count(matter.region)::double as numerator,
       null::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from county cross join today left join matter on matter.region = county.region group by today.start, county.region
