-- title: 最大超警幅度 | unit: "m" | period: 5min | refresh: 30s | direction: down | digits: 2
-- dimensions: [region] | rows: water.hydrostation
-- about: 各站最新水位减警戒水位的最大值；都在警戒以下时为负，表示离警戒还有多少。
with station as (
  select id, region, warning_m from {{resource('water.hydrostation')}} where origin <> 'replay' and warning_m is not null
), stream as (
  select d.number, s.id as station, s.region, s.warning_m
  from {{resource('things.datastream')}} d join station s on s.id = d.thing where d.observed in ('level', 'reservoir_level')
), stage as (
  select s.station, s.region, s.warning_m, arg_max(o.result, o.phenomenon) as level_m, any_value(o.origin) as origin
  from {{resource('telemetry.observation')}} o join stream s on s.number = o.datastream
  where o.flag < 4 and not isnan(o.result) and o.phenomenon > now() - interval '1 hour' and o.phenomenon <= now() group by all
), wide as (
  select unnest([left(region, 6), '4311']) as region, level_m - warning_m as over_m, origin from stage
)
select time_bucket(interval '5 minutes', now()) as period, region, max(over_m) as value, null::double as numerator,
       count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by region
