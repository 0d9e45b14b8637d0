-- title: 重复合并率 | unit: "%" | period: 1d | refresh: 5min | direction: up
-- dimensions: [region] | rows: grid_governance.event
select date_trunc('day', opened_at) as period, left(region, 6) as region,
       100.0 * sum(report_count - 1) / sum(report_count) as value,
       sum(report_count - 1)::bigint as numerator, sum(report_count)::bigint as denominator, max(origin) as origin
from {{resource('grid_governance.event')}}
where state <> 'merged' and report_count > 0
group by all
