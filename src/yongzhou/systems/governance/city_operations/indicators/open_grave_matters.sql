-- title: 未闭环橙色以上 | unit: 件 | period: 5min | refresh: 15s | direction: down | digits: 0
-- dimensions: [region] | rows: matters.matter?state=reported,accepted,assigned,handling,done,verified,reopened,suspended&level=1,2
-- about: 红色或橙色、还没有结案的事项。
with area as (
  select code as region from {{resource('places.place')}} where kind in ('city', 'county', 'town') and code like '4311%'
), matter as (
  select unnest(list_distinct([left(region, 9), left(region, 6), '4311'])) as region, origin from {{resource('matters.matter')}}
  where state not in ('closed', 'merged') and level <= 2
)
select case when length(area.region) = 9 then date_trunc('hour', now()) else time_bucket(interval '5 minutes', now()) end as period,
       area.region, count(matter.region)::double as value,
       count(matter.region)::double as numerator, null::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from area left join matter on matter.region = area.region group by area.region
