-- title: 维修时长中位数 | unit: "h" | period: 1d | refresh: 5min | direction: down | target: 24 | digits: 1
-- dimensions: [region] | rows: iot_sensing.maintenanceorder
-- about: 近 30 天结案的维修单从开单到结案的小时数，取中位数。
with repair as (
  select region, epoch(closed_at - opened_at) / 3600 as hours, origin from {{resource('iot_sensing.maintenanceorder')}}
  where closed_at > now() - interval '30 days'
), wide as (
  select unnest([left(region, 6), '4311']) as region, hours, origin from repair
)
select date_trunc('day', now()) as period, region, median(hours) as value, null::double as numerator, count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by region
