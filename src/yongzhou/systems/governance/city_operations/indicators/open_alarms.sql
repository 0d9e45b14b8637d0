-- title: 未解除设备报警 | unit: 条 | period: 5min | refresh: 30s | direction: down | digits: 0
-- dimensions: [region] | rows: telemetry.alarm
-- about: 规则发现、还没有解除的越限，一台设备一条规则算一条。
with area as (
  select code as region from {{resource('places.place')}} where kind in ('city', 'county', 'town') and code like '4311%'
), alarm as (
  select unnest(list_distinct([left(region, 9), left(region, 6), '4311'])) as region, origin from {{resource('telemetry.alarm')}} where cleared_at is null
)
select case when length(area.region) = 9 then date_trunc('hour', now()) else time_bucket(interval '5 minutes', now()) end as period,
       area.region, count(alarm.region)::double as value,
       count(alarm.region)::double as numerator, null::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from area left join alarm on alarm.region = area.region group by area.region
