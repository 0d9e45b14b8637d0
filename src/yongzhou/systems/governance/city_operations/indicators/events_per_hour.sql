-- title: 每小时新增事项 | unit: 件 | period: 1h | refresh: 1min | direction: none | digits: 0
-- dimensions: [region] | rows: matters.matter?sort=-opened_at
-- about: 每个整点小时里发生的事项数，没有发生的小时是 0。
with hour as (
  select unnest(generate_series(date_trunc('hour', now()) - interval '25 hours', date_trunc('hour', now()), interval '1 hour')) as period
), matter as (
  select date_trunc('hour', opened_at) as period, origin from {{resource('matters.matter')}}
  where opened_at >= date_trunc('hour', now()) - interval '25 hours' and opened_at <= now()
)
select hour.period, '4311' as region, count(matter.period)::double as value, count(matter.period)::double as numerator,
       null::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from hour left join matter on matter.period = hour.period group by hour.period
