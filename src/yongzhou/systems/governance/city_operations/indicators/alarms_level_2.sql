-- title: 未解除报警（重大） | unit: 条 | period: 5min | refresh: 30s | direction: down | digits: 0
-- rows: telemetry.alarm?level=2
-- about: 级别为重大、还没有解除的设备报警。
select time_bucket(interval '5 minutes', now()) as period, '4311' as region, count(*)::double as value,
       count(*)::double as numerator, null::double as denominator,
       (['measured', 'estimated', 'replay', 'drill', 'synthetic'])[max(list_position(['measured', 'estimated', 'replay', 'drill', 'synthetic'], origin))] as origin
from {{resource('telemetry.alarm')}} where cleared_at is null and level = '2'
