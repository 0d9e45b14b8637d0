-- title: 在用设备数 | unit: "台" | period: 1h | refresh: 5min | direction: up | digits: 0
-- dimensions: [region] | rows: things.thing
-- about: 登记了数据流的设备数，分县区。
with thing as (
  select distinct t.id, t.region, t.origin from {{resource('things.thing')}} t join {{resource('things.datastream')}} d on d.thing = t.id
), wide as (
  select unnest([left(region, 6), '4311']) as region, id, origin from thing
)
select date_trunc('hour', now()) as period, region, count(distinct id)::double as value, count(distinct id)::double as numerator,
       null::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by region
