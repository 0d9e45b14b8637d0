/**
 * ECharts in the colours of the page. <figure class="chart" data-chart="hydrograph|bars|line|spark" data-title="..." [data-src="url"]>
 *
 * Data from `data-src` (JSON) or, without it, from the <table class="chart-table"> inside (first column time or name,
 * further columns numbers; th[data-kind="level|rain|bar|line|estimate"][data-unit]; table[data-limit][data-limit-name]):
 *   {"series": [{"name": "水位", "unit": "m", "kind": "level", "points": [["2026-06-17T19:00:00Z", 74.6], ...]}],
 *    "limits": [{"name": "警戒", "value": 74.0}], "origin"?: "synthetic"}
 * "bars": points are [name, value]. null leaves a gap. The same data is always there as a table: button
 * [data-chart-table] in the figure switches, and screen readers read it. Follows yz:theme, yz:moment (?at=), and
 * data-chart-live="latest:17" appends live values.
 */
import { ZONE, element } from './shell.mjs';
const MINUTE = 60000;
let /** @type {Promise<any>|null} */ library = null;
/** ECharts, loaded once and only where a chart comes into view. */
function echarts() {
  library ??= new Promise((done, fail) => {
    if (globalThis.echarts) return done(globalThis.echarts);
    const script = document.createElement('script');
    script.src = new URL('../vendor/echarts.min.js', import.meta.url).pathname;
    script.onload = () => done(globalThis.echarts); script.onerror = fail;
    document.head.append(script);
  });
  return library;
}
const hour = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hour12: false });
const date = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, month: 'long', day: 'numeric' });

/** @param {HTMLTableElement} table */
function fromTable(table) {
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const series = heads.map((head, i) => ({ name: head.textContent.trim(), unit: head.dataset.unit ?? '', kind: head.dataset.kind ?? 'line', points: [...table.tBodies[0].rows].map((row) => {
    const cell = row.cells[i + 1], text = (cell?.dataset.value ?? cell?.textContent ?? '').replaceAll(',', '').trim(), value = text === '' ? NaN : Number(text);
    return [row.cells[0].querySelector('time')?.dateTime ?? row.cells[0].textContent.trim(), Number.isNaN(value) ? null : value];
  }) }));
  return { series, limits: table.dataset.limit ? [{ name: table.dataset.limitName ?? '警戒', value: Number(table.dataset.limit) }] : [] };
}

class Chart {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    this.figure = figure; this.kind = figure.dataset.chart;
    this.box = element('div', { class: 'chart-box', role: 'img' });
    figure.append(this.box);
    figure.querySelector('[data-chart-table]')?.addEventListener('click', (event) => { const on = figure.classList.toggle('as-table'); event.currentTarget.setAttribute('aria-pressed', String(on)); this.chart?.resize(); });
    document.addEventListener('yz:theme', () => this.paint());
    document.addEventListener('yz:moment', (event) => this.load(event.detail.at));
    document.addEventListener('yz:live', (event) => this.live(event.detail));
    this.load(document.documentElement.dataset.moment ?? null);
  }
  /** @param {string|null} at */
  async load(at) {
    const { src } = this.figure.dataset;
    try {
      if (src) { const url = new URL(src, location.href); if (at) url.searchParams.set('at', at); const answer = await fetch(url); if (!answer.ok) throw new Error(String(answer.status)); this.data = await answer.json(); this.table(); }
      else this.data = fromTable(this.figure.querySelector('table'));
      this.chart ??= (await echarts()).init(this.box, null, { renderer: 'canvas' });
      this.observer ??= new ResizeObserver(() => this.chart.resize()); this.observer.observe(this.box);
      this.figure.classList.add('ready');
      this.chart.resize();
      this.paint();
    } catch { this.figure.querySelector('.chart-wait')?.replaceChildren('图没有载入。可看下面的表，或刷新页面再试'); }
  }
  live(message) {
    if (this.figure.dataset.chartLive !== `${message.topic}:${message.id}` || document.documentElement.dataset.moment || !this.data) return;
    const series = this.data.series[0];
    if (message.value === undefined || !message.at) return;
    series.points.push([message.at, message.value]);
    clearTimeout(this.timer); this.timer = setTimeout(() => { this.paint(); this.table(); }, 500);
  }
  table() {
    const { series } = this.data, timed = this.kind !== 'bars', table = element('table', { class: 'table table-plain' }), head = element('tr', {}, element('th', {}, timed ? '时间' : '名称'));
    for (const s of series) head.append(element('th', { class: 'num' }, s.unit ? `${s.name} ${s.unit}` : s.name));
    const times = [...new Set(series.flatMap((s) => s.points.map((p) => p[0])))], maps = series.map((s) => new Map(s.points)), body = element('tbody');
    if (timed) times.sort().reverse();
    for (const t of times) { const row = element('tr', {}, element('td', {}, timed ? `${date.format(new Date(t))} ${hour.format(new Date(t))}` : t)); for (const m of maps) row.append(element('td', { class: 'num' }, m.get(t) === null ? '缺测' : String(m.get(t) ?? ''))); body.append(row); }
    const caption = element('caption', { class: 'sr' }, this.figure.dataset.title ?? '图的数据');
    table.append(caption, element('thead', {}, head), body);
    let holder = this.figure.querySelector('.chart-table:not(table)');
    if (!holder) { holder = element('div', { class: 'chart-table', tabindex: '0', role: 'region', 'aria-label': '图的数据表' }); this.figure.append(holder); }
    holder.replaceChildren(table);
  }
  paint() {
    if (!this.chart || !this.data) return;
    const css = getComputedStyle(this.figure), t = (name) => css.getPropertyValue(`--${name}`).trim(), size = parseFloat(t('fs-1')) || 12;
    const { series, limits = [] } = this.data, text = { color: t('text-2'), fontSize: size, fontFamily: t('font') };
    const spark = this.kind === 'spark', bars = this.kind === 'bars';
    const last = (s) => s.points.findLast((p) => p[1] !== null);
    this.box.setAttribute('aria-label', `${this.figure.dataset.title ?? '图'}。${series.map((s) => { const p = last(s); return p ? `${s.name}末值 ${p[1]} ${s.unit}` : `${s.name}没有数据`; }).join('，')}${limits.map((l) => `，${l.name} ${l.value}`).join('')}`);
    const option = {
      animation: !matchMedia('(prefers-reduced-motion: reduce)').matches, animationDuration: 200, aria: { enabled: false }, textStyle: text,
      grid: { left: spark ? 4 : size * 4, right: size * 8, top: size * 1.8, bottom: spark ? 6 : size * 2.2 },
      tooltip: { trigger: bars ? 'item' : 'axis', renderMode: 'richText', backgroundColor: t('surface'), borderColor: t('line-strong'), textStyle: { ...text, color: t('text') }, valueFormatter: (v) => v === null || v === undefined ? '缺测' : String(v) },
    };
    if (bars) {
      const s = series[0], names = s.points.map((p) => p[0]).reverse(), values = s.points.map((p) => p[1]).reverse();
      Object.assign(option, { grid: { left: size * 5.5, right: size * 4, top: 4, bottom: 4 }, xAxis: { type: 'value', min: 0, show: false }, yAxis: { type: 'category', data: names, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { ...text, color: t('text') } },
        series: [{ name: s.name, type: 'bar', data: values, barMaxWidth: size * 1.2, itemStyle: { color: t('d-rain') }, label: { show: true, position: 'right', ...text, color: t('text') } }] });
    } else {
      const axes = [], drawn = [], levels = series.filter((s) => s.kind !== 'rain');
      const zero = levels.some((s) => s.kind === 'bar'), known = levels.flatMap((s) => s.points.map((p) => p[1])).concat(limits.map((l) => l.value)).filter((v) => typeof v === 'number');
      const low = Math.min(...known), high = Math.max(...known), room = (high - low) * 0.12 || 1;
      axes.push({ type: 'value', min: zero ? 0 : Math.floor(low - room), max: Math.ceil(high + room), show: !spark, splitLine: { lineStyle: { color: t('d-grid') } }, axisLabel: text, splitNumber: 4 });
      const rain = series.find((s) => s.kind === 'rain');
      if (rain) axes.push({ type: 'value', inverse: true, min: 0, max: Math.max(10, ...rain.points.map((p) => p[1] ?? 0)) * 2.6, show: false });
      series.forEach((s, i) => {
        const data = s.points.map((p) => [Date.parse(p[0]), p[1]]), end = last(s);
        if (s.kind === 'rain') return drawn.push({ name: s.name, type: 'bar', yAxisIndex: 1, data, barWidth: '60%', barMaxWidth: size * 1.5, itemStyle: { color: t('d-rain'), opacity: 0.5 }, z: 1 });
        if (s.kind === 'bar') return drawn.push({ name: s.name, type: 'bar', data, barMaxWidth: size * 1.5, itemStyle: { color: t('d-rain') } });
        const over = limits.length && end && end[1] > limits[0].value;
        const gap = limits.length && end ? end[1] - limits[0].value : 99, near = Math.abs(gap) < (high - low + 2 * room) * 0.12;
        drawn.push({ name: s.name, type: 'line', data, showSymbol: false, connectNulls: false, z: 3, lineStyle: { width: 2, color: i ? t('d-soft') : t('d-main'), type: s.kind === 'estimate' ? 'dashed' : 'solid' }, itemStyle: { color: i ? t('d-soft') : t('d-main') },
          markPoint: end ? { animation: false, symbol: 'circle', symbolSize: 8, data: [{ coord: [Date.parse(end[0]), end[1]] }], itemStyle: { color: over ? t('w2-fill') : t('d-main') }, label: { show: true, position: 'right', distance: 8, offset: near ? [0, gap > 0 ? -size * 0.7 : size * 0.7] : [0, 0], formatter: `${end[1].toFixed(2)} ${s.unit}`, ...text, color: t('text'), fontWeight: 600 } } : undefined,
          markLine: i === 0 && limits.length ? { animation: false, silent: true, symbol: 'none', data: limits.map((l) => ({ yAxis: l.value, label: { formatter: `${l.name} ${l.value.toFixed(2)}` } })), lineStyle: { color: t('w2-fill'), type: 'dashed', width: 1.5 }, label: { position: 'end', distance: 8, offset: near ? [0, gap > 0 ? size * 0.7 : -size * 0.7] : [0, 0], ...text, color: t('w2-text'), fontWeight: 600 } } : undefined });
      });
      const all = series.flatMap((s) => s.points), span = all.length ? Date.parse(all.at(-1)[0]) - Date.parse(all[0][0]) : 0;
      Object.assign(option, { yAxis: axes, series: drawn, xAxis: { type: 'time', show: !spark, min: 'dataMin', max: 'dataMax', axisLine: { onZero: false, lineStyle: { color: t('line-strong') } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { ...text, hideOverlap: true, formatter: (v) => span > 2 * 1440 * MINUTE ? date.format(v) : hour.format(v) } } });
    }
    this.chart.setOption(option, { notMerge: true });
  }
}
const seen = new IntersectionObserver((entries) => { for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); new Chart(/** @type {HTMLElement} */ (entry.target)); } }, { rootMargin: '200px' });
function start() { for (const figure of document.querySelectorAll('figure[data-chart]:not([data-ready])')) { figure.setAttribute('data-ready', ''); seen.observe(figure); } }
start();
document.addEventListener('htmx:after:swap', start);
