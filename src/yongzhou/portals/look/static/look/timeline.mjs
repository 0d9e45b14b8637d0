/**
 * The scrubber of the last 24 hours: drag, arrows, Home/End. Emits the document event `yz:moment` with {at: ISO|null}.
 *
 * <div class="timeline" data-timeline data-src="/cockpit/timeline.json" data-hours="24" data-step="5" [data-now="ISO"]></div>
 * <button data-timeline-live>实时</button>           back to now
 * data-src answers {"now": ISO, "rain": [[ISO, mm]], "rain_name": "面雨量 mm", "level": [[ISO, m]], "level_name": "白水",
 *   "limit": 74.0, "events": [{"at": ISO, "level": 2, "title": "..."}]}
 *
 * [hx-get][data-moment-refresh] is fetched again with ?at= when the moment has rested for 300 ms; map.mjs and
 * chart.mjs do the same with their own addresses. <html data-moment> holds the moment while the past is shown.
 */
import { ZONE, say, toast } from './shell.mjs';
const SVG = 'http://www.w3.org/2000/svg';
/** @param {string} tag @param {Record<string, string|number>} attributes @param {string} text */
function draw(tag, attributes, text = '') { const node = document.createElementNS(SVG, tag); for (const [k, v] of Object.entries(attributes)) node.setAttribute(k, String(v)); if (text) node.textContent = text; return node; }
const SHAPES = { 1: ['rect', { x: -9, y: -9, width: 18, height: 18, rx: 1 }], 2: ['path', { d: 'M0-11 11 0 0 11-11 0Z' }], 3: ['path', { d: 'M0-10 11 9H-11Z' }], 4: ['circle', { r: 10 }] };
const NUMERAL = { 1: 'I', 2: 'II', 3: 'III', 4: 'IV' };
const clock = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, month: 'long', day: 'numeric' });
/** @param {number} ms */
const words = (ms) => `${day.format(ms)} ${clock.format(ms)}`;

class Timeline {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box; this.hours = Number(box.dataset.hours ?? 24); this.step = Number(box.dataset.step ?? 5);
    this.size = Math.round(this.hours * 60 / this.step);
    this.range = document.createElement('input');
    Object.assign(this.range, { type: 'range', min: '0', max: String(this.size), step: '1', value: String(this.size) });
    this.range.setAttribute('aria-label', '时间轴：拖到过去的时刻，全屏显示那一刻');
    this.read = document.createElement('output'); this.read.className = 'timeline-read'; this.read.hidden = true;
    this.range.addEventListener('input', () => this.moved());
    box.replaceChildren(this.range, this.read);
    new ResizeObserver(() => this.paint()).observe(box);
    for (const button of document.querySelectorAll('[data-timeline-live]')) button.addEventListener('click', () => { this.range.value = String(this.size); this.moved(); });
    this.load();
    setInterval(() => { if (!document.documentElement.dataset.moment) this.load(); }, 60000);
  }
  async load() {
    try { const answer = await fetch(this.box.dataset.src); if (!answer.ok) throw new Error(String(answer.status)); this.data = await answer.json(); }
    catch { this.data ??= { rain: [], level: [], events: [] }; }
    this.now = Date.parse(this.data.now ?? this.box.dataset.now ?? new Date().toISOString());
    this.paint();
    this.say();
  }
  /** Milliseconds of the scrubber's place. */
  get at() { return this.now - (this.size - Number(this.range.value)) * this.step * 60000; }
  say() { this.range.setAttribute('aria-valuetext', Number(this.range.value) === this.size ? '现在' : words(this.at)); }
  moved() {
    const live = Number(this.range.value) === this.size, at = live ? null : new Date(this.at).toISOString();
    this.say();
    this.read.hidden = live; this.read.textContent = words(this.at);
    const share = Number(this.range.value) / this.size, inner = this.right - this.left;
    this.read.style.left = `${Math.min(this.left + inner * share, this.box.clientWidth - 120)}px`;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (at) document.documentElement.dataset.moment = at; else delete document.documentElement.dataset.moment;
      document.dispatchEvent(new CustomEvent('yz:moment', { detail: { at } }));
    }, 300);
  }
  paint() {
    const { clientWidth: W, clientHeight: H } = this.box, data = this.data;
    if (!data || W < 60) return;
    const small = parseFloat(getComputedStyle(this.box).getPropertyValue('--fs-1')) || 12;
    const L = this.left = small * 5.4, R = this.right = W - small * 7.6, foot = H - small * 1.5, ground = (foot - 4) * 0.62, row = ground + (foot - ground) / 2;
    const from = this.now - this.hours * 3600000, X = (ms) => L + (R - L) * (ms - from) / (this.hours * 3600000);
    const svg = draw('svg', { class: 'fig', viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': `过去 ${this.hours} 小时：雨量、水位、事件` });
    svg.append(draw('text', { x: 0, y: small * 1.2 }, data.rain_name ?? '面雨量 mm'), draw('text', { x: 0, y: row + small * 0.35 }, '事件'));
    const every = R - L > 900 ? 3 : R - L > 420 ? 6 : 12, scale = Math.max(R - L < 420 ? 0.7 : 1, small / 16);
    for (let k = 0; k <= this.hours; k += every) {
      const ms = k === 0 ? from : k === this.hours ? this.now : Math.floor((from + k * 3600000) / 3600000) * 3600000, x = X(ms);
      if (k > 0 && k < this.hours && (x - L < small * 9 || R - x < small * 6)) continue;
      svg.append(draw('path', { class: 'grid', d: `M${x.toFixed(1)} 0V${foot}` }), draw('text', { x, y: H - 3, 'text-anchor': k === 0 ? 'start' : 'middle' }, k === 0 ? words(from) : k === this.hours ? `现在 ${clock.format(this.now)}` : clock.format(ms)));
    }
    const most = Math.max(10, ...data.rain.map((p) => p[1])), wide = (R - L) / this.hours;
    for (const [at, mm] of data.rain) { const h = (ground - 6) * mm / most; svg.append(draw('rect', { class: 'bar bar-back', x: X(Date.parse(at)) - wide + 3, y: ground - h, width: wide - 6, height: Math.max(0, h) })); }
    svg.append(draw('path', { class: 'axis', d: `M${L} ${ground}H${R}` }));
    if (data.level.length) {
      const values = data.level.map((p) => p[1]).concat(data.limit ?? []), low = Math.min(...values), high = Math.max(...values), Y = (v) => ground - 4 - (ground - 10) * (v - low) / (high - low || 1);
      svg.append(draw('path', { class: 'ln', d: 'M' + data.level.map((p) => `${X(Date.parse(p[0])).toFixed(1)} ${Y(p[1]).toFixed(1)}`).join('L') }));
      svg.append(draw('text', { class: 'lnt', x: R + 12, y: small * 1.1 }, `${data.level_name ?? ''} ${data.level.at(-1)[1].toFixed(2)} m`));
      if (data.limit !== undefined) svg.append(draw('path', { class: 'warn', d: `M${L} ${Y(data.limit).toFixed(1)}H${R}` }), draw('text', { class: 'warn-t', x: R + 12, y: Math.max(small * 2.4, Y(data.limit) + small * 0.4) }, `警戒 ${data.limit.toFixed(2)}`));
    }
    for (const event of data.events) {
      const group = draw('g', { transform: `translate(${X(Date.parse(event.at)).toFixed(1)} ${row}) scale(${scale})` }), [tag, attributes] = SHAPES[event.level];
      group.append(draw('title', {}, `${words(Date.parse(event.at))} ${event.title}`), draw(tag, { ...attributes, class: `sh-${event.level}` }), draw('text', { class: `shn shn-${event.level}`, y: event.level === 3 ? 7 : 4, 'font-size': event.level === 3 ? 8 : 10 }, NUMERAL[event.level]));
      svg.append(group);
    }
    this.box.querySelector('svg')?.remove();
    this.box.prepend(svg);
    this.range.style.left = `${L - 6}px`; this.range.style.width = `${R - L + 12}px`; this.range.style.height = `${foot}px`;
  }
}
let round = 0;
/**
 * One widget at a moment, by a fetch of its own: of several htmx.ajax at once htmx keeps the first and the last only.
 * @param {HTMLElement} node @param {string|null} at @param {number} mine
 */
async function refresh(node, at, mine) {
  const url = new URL(node.getAttribute('hx-get'), location.href);
  if (at) url.searchParams.set('at', at);
  node.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(url, { headers: { 'HX-Request': 'true' } });
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    if (mine !== round) return; // the scrubber has moved on
    if ((node.getAttribute('hx-swap') ?? 'innerHTML').startsWith('outerHTML')) {
      const made = document.createElement('template'); made.innerHTML = html;
      const fresh = made.content.firstElementChild;
      node.replaceWith(made.content);
      if (fresh) globalThis.htmx?.process(fresh);
    } else { node.innerHTML = html; globalThis.htmx?.process(node); }
    document.dispatchEvent(new CustomEvent('htmx:after:swap'));
  } catch { if (mine === round) toast({ text: say('那一刻的情形没有载入，请再拖一次'), tone: 'error' }); }
  node.removeAttribute('aria-busy');
}
document.addEventListener('yz:moment', (event) => {
  const { at } = /** @type {CustomEvent} */ (event).detail, mine = ++round;
  for (const node of document.querySelectorAll('[data-moment-refresh][hx-get]')) refresh(/** @type {HTMLElement} */ (node), at, mine);
  const url = new URL(location.href);
  if (at) url.searchParams.set('at', at); else url.searchParams.delete('at');
  history.replaceState(history.state, '', url);
});
for (const box of document.querySelectorAll('[data-timeline]')) new Timeline(/** @type {HTMLElement} */ (box));
