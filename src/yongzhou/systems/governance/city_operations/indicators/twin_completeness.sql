-- title: 孪生映射完整率 | unit: "%" | period: 1h | refresh: 1min | direction: up | target: 95 | digits: 1
-- dimensions: [region] | rows: city_operations.twinlink
-- about: 有位置、有权属、近一小时有数据的设备占全部设备的比例。
with newest as (
  select d.thing, max(o.phenomenon) as last_at from {{resource('telemetry.observation')}} o
  join {{resource('things.datastream')}} d on d.number = o.datastream
  where o.phenomenon > now() - interval '1 hour' and o.phenomenon <= now() + interval '5 minutes' group by d.thing
), wide as (
  select unnest(list_distinct([left(l.region, 9), left(l.region, 6), '4311'])) as region, l.origin, l.located and l.owned and n.last_at is not null as whole
  from {{resource('city_operations.twinlink')}} l left join newest n on n.thing = l.thing where l.origin <> 'replay'
)
select date_trunc('hour', now()) as period, region, 100.0 * count(*) filter (where whole) / count(*) as value,
       count(*) filter (where whole)::double as numerator, count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by region
