-- title: 按时办结率 | unit: "%" | period: 1h | refresh: 1min | direction: up | target: 95 | digits: 1
-- dimensions: [region] | rows: matters.matter?state=closed,verified,done
-- about: 近 30 天办结、有时限的事项里，办结不晚于时限的比例。
with matter as (
  select unnest(list_distinct([left(region, 9), left(region, 6), '4311'])) as region, origin, done_at <= due as on_time from {{resource('matters.matter')}}
  where done_at > now() - interval '30 days' and done_at <= now() and due is not null
)
select date_trunc('hour', now()) as period, region, 100.0 * count(*) filter (where on_time) / count(*) as value,
       count(*) filter (where on_time)::double as numerator, count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from matter group by region
