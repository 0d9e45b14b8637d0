-- title: 雨水情数据新鲜度 | unit: "s" | period: 5min | refresh: 30s | direction: down | target: 60 | digits: 0
-- alarm: {raise: "> 300", clear: "<= 120", hold: 2} | dimensions: [region] | rows: water.hydrostation
-- about: 距各站最近一报过去多少秒，取各站的中位数；一天内没有报的站不计，另见到报率。
with station as (
  select id, region from {{resource('water.hydrostation')}} where origin <> 'replay'
), stream as (
  select d.number, s.id as station, s.region from {{resource('things.datastream')}} d join station s on s.id = d.thing
), newest as (
  select s.station, s.region, epoch(now() - max(o.received)) as age, any_value(o.origin) as origin
  from {{resource('telemetry.observation')}} o join stream s on s.number = o.datastream
  where o.phenomenon > now() - interval '1 day' and o.phenomenon <= now() group by all
), wide as (
  select unnest([left(region, 6), '4311']) as region, age, origin from newest
)
select time_bucket(interval '5 minutes', now()) as period, region, round(median(age)) as value, null::double as numerator,
       count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by region
