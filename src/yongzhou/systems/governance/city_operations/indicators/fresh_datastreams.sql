-- title: 数据新鲜率 | unit: "%" | period: 5min | refresh: 30s | direction: up | target: 95 | digits: 1
-- dimensions: [region] | rows: things.datastream
-- about: 近一天报过数的数据流里，最近一报在两个应报周期以内的比例。
with stream as (
  select d.number, d.period_s, t.region from {{resource('things.datastream')}} d
  join {{resource('things.thing')}} t on t.id = d.thing where t.origin <> 'replay'
), newest as (
  select s.number, s.region, s.period_s, max(o.phenomenon) as last_at, arg_max(o.origin, o.phenomenon) as origin
  from {{resource('telemetry.observation')}} o join stream s on s.number = o.datastream
  where o.phenomenon > now() - interval '1 day' and o.phenomenon <= now() + interval '5 minutes' group by all
), wide as (
  select unnest(list_distinct([left(region, 9), left(region, 6), '4311'])) as region, last_at > now() - to_seconds(2 * greatest(period_s, 60)) as fresh, origin from newest
)
select case when length(region) = 9 then date_trunc('hour', now()) else time_bucket(interval '5 minutes', now()) end as period,
       region, 100.0 * count(*) filter (where fresh) / count(*) as value,
       count(*) filter (where fresh)::double as numerator, count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by region
