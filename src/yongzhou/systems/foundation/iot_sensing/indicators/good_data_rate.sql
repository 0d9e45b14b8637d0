-- title: 良好数据率 | unit: "%" | period: 1h | refresh: 1min | direction: up | target: 95 | digits: 1
-- dimensions: [region] | rows: things.datastream
-- about: 实收观测里质量标志为正常或未见异常（1、2）的比例，按小时；可疑、不合格、缺测算不良。
with stream as (
  select d.number, t.region from {{resource('things.datastream')}} d join {{resource('things.thing')}} t on t.id = d.thing
), count_of as (
  select date_trunc('hour', o.phenomenon) as period, s.region, count(*) as received, count(*) filter (where o.flag <= 2) as good,
         any_value(o.origin) as origin
  from {{resource('telemetry.observation')}} o join stream s on s.number = o.datastream
  where o.phenomenon >= date_trunc('hour', now()) - interval '1 hour' and o.phenomenon <= now() group by all
), wide as (
  select period, unnest([left(region, 6), '4311']) as region, received, good, origin from count_of
)
select period, region, 100.0 * sum(good) / sum(received) as value, sum(good)::double as numerator, sum(received)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by period, region
