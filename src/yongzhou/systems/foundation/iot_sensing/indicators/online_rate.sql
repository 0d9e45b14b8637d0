-- title: 设备在线率 | unit: "%" | period: 5min | refresh: 30s | direction: up | target: 98 | digits: 1
-- alarm: {raise: "< 95", clear: ">= 97", hold: 2} | dimensions: [region] | rows: things.thing
-- about: 上报过的设备里没有离线的比例；离线是超过 3 个应报周期没有报。登记后从未上报的另列，不进分母。
with thing as (
  select region, health, origin from {{resource('things.thing')}}
  where last_seen is not null and health <> 'unknown'
), wide as (
  select unnest([left(region, 6), '4311']) as region, health, origin from thing
)
select time_bucket(interval '5 minutes', now()) as period, region, 100.0 * count(*) filter (where health <> 'offline') / count(*) as value,
       count(*) filter (where health <> 'offline')::double as numerator, count(*)::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from wide group by region
