-- title: 山洪预警叫应率 | unit: "%" | period: 1d | refresh: 5min | direction: up | target: 100 | digits: 0
-- dimensions: [region] | rows: water.floodwarning
-- about: 当天发布的预警里，15 分钟内叫应到责任人的比例；没有预警的地区没有这个数。
with warning as (
  select date_trunc('day', w.raised_at at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai' as period, v.region, w.origin,
         coalesce(w.acknowledged_at - w.raised_at <= interval '15 minutes', false) as answered
  from {{resource('water.floodwarning')}} w join {{resource('water.flashfloodvillage')}} v on v.id = w.village
  where w.raised_at > now() - interval '7 days'
), wide as (
  select period, unnest([left(region, 6), '4311']) as region, answered, origin from warning
)
select period, region, 100.0 * count(*) filter (where answered) / count(*) as value,
       count(*) filter (where answered)::double as numerator, count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by period, region
