-- title: 测站按时到报率 | unit: "%" | period: 1h | refresh: 5min | direction: up | target: 95
-- alarm: {raise: "< 90", clear: ">= 93", hold: 2} | dimensions: [region] | rows: water.hydrostation | digits: 1
-- about: 每 5 分钟应到一报；观测后 10 分钟内收到为按时。城市启动之前的时段不计。
with station as (
  select id, region, origin from {{resource('water.hydrostation')}} where origin <> 'replay'
), stream as (
  select d.number, s.id as station from {{resource('things.datastream')}} d join station s on s.id = d.thing
), report as (
  select s.station, time_bucket(interval '5 minutes', o.phenomenon) as slot,
         bool_or(o.received - o.phenomenon <= interval '10 minutes') as on_time, min(o.received) as received
  from {{resource('telemetry.observation')}} o join stream s on s.number = o.datastream
  where o.phenomenon >= date_trunc('hour', now()) - interval '2 hours' and o.phenomenon <= now() group by all
), slot as (
  select unnest(generate_series(
    greatest(date_trunc('hour', now()) - interval '2 hours', (select time_bucket(interval '5 minutes', min(received)) from report)),
    now() - interval '10 minutes', interval '5 minutes')) as slot
), due as (
  select date_trunc('hour', slot.slot) as period, station.region, station.origin, coalesce(report.on_time, false) as on_time
  from slot cross join station left join report on report.station = station.id and report.slot = slot.slot
), wide as (
  select period, unnest([left(region, 6), '4311']) as region, on_time, origin from due
)
select period, region, 100.0 * count(*) filter (where on_time) / count(*) as value,
       count(*) filter (where on_time)::double as numerator, count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by period, region
