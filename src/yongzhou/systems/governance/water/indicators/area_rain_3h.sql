-- title: 3 小时面雨量 | unit: "mm" | period: 5min | refresh: 30s | direction: none | digits: 1
-- dimensions: [region] | rows: water.hydrostation
-- about: 各县雨量站近 3 小时雨量的算术平均；一站有几种雨量要素时取大者。没有一报的站不参加平均，不按 0 计。
with station as (
  select id, region from {{resource('water.hydrostation')}} where origin <> 'replay'
), stream as (
  select d.number, d.observed, s.id as station, s.region
  from {{resource('things.datastream')}} d join station s on s.id = d.thing where d.observed in ('rain', 'rain_5min', 'rain_1h')
), moment as (
  select s.station, s.region, s.observed, o.phenomenon, arg_max(o.result, o.received) as mm, any_value(o.origin) as origin
  from {{resource('telemetry.observation')}} o join stream s on s.number = o.datastream
  where o.flag < 4 and not isnan(o.result) and o.phenomenon > now() - interval '3 hours' and o.phenomenon <= now() group by all
), element as (
  select station, region, observed, sum(mm) as mm, any_value(origin) as origin from moment group by station, region, observed
), gauge as (
  select station, region, max(mm) as mm, any_value(origin) as origin from element group by station, region
), wide as (
  select unnest([left(region, 6), '4311']) as region, mm, origin from gauge
)
select time_bucket(interval '5 minutes', now()) as period, region, avg(mm) as value, sum(mm) as numerator,
       count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by region
