/**
 * A map of own vector layers, no foreign host, no glyph or tile server (letters are drawn from local fonts).
 * <div class="map" data-map ...> with addresses of GeoJSON (WGS 84 / CGCS2000 degrees), each optional:
 *   data-around    outlines of the neighbours: {name}
 *   data-counties  polygons {code, name, value?, href?, label?: [lon, lat]}; data-values JSON {"values": {code: number}}
 *   data-steps="15,30,50,70" data-value-title="3 小时面雨量" data-unit="mm"     classes of the choropleth
 *   data-rivers    lines {name}; data-rivers-note="水系为示意"
 *   data-areas     other polygons {name, href?} outlined dashed (reach, draft area)
 *   data-storms    polygons {kind: now|core|next}, lines {kind: track}, points {kind: label, name, note}
 *   data-stations  points {id, name, level, warning, low?, unit?, href?, datastream?, callout?: text}
 *   data-events    points {id, title, level: 1-4, state?, href?}
 *   data-bounds="w,s,e,n"   data-what="url" (?lon=&lat= answers an HTML fragment)   data-label="name read aloud"
 *   data-value-title is what colours and labels the counties; without it they are one quiet ground
 *   data-plain     no tools and no read-out (small maps)
 * `yz:live` messages of topic "latest" whose id is a station's `datastream` move its water at once; `yz:moment`
 * fetches values, storms, stations and events again with ?at=. Emits `yz:map:ready` on the element, with `detail.map` for tools that draw on it.
 * Keys on the map: arrows, + and -, Enter: what is at the middle.
 */
import { Map as MapLibre, Marker, Popup } from '../vendor/maplibre-gl.mjs';
import { RATIO, arrow, gauge, shape } from './marks.mjs';
import { element, icon } from './shell.mjs';

const EMPTY = { type: 'FeatureCollection', features: [] };
const LAYERS = [['counties', '分县数值', ['counties', 'county-edge']], ['rivers', '水系', ['rivers']], ['storms', '雷暴', ['storm-area', 'storm-edge', 'storm-next', 'storm-track', 'storm-head', 'storm-label']], ['areas', '范围', ['areas']], ['stations', '水位站', ['stations']], ['events', '事件', ['events']]];
const MOVING = ['storms', 'stations', 'events'];

/** @param {string|undefined} url @param {string|null} at */
async function json(url, at = null) {
  if (!url) return null;
  const address = new URL(url, location.href);
  if (at) address.searchParams.set('at', at);
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.json();
}
/** Middle of the largest ring by area. @param {any} geometry @returns {[number, number]} */
function middle(geometry) {
  const rings = geometry.type === 'Polygon' ? [geometry.coordinates[0]] : geometry.coordinates.map((p) => p[0]);
  let best = 0, at = rings[0][0];
  for (const ring of rings) {
    let area = 0, x = 0, y = 0;
    for (let i = 0; i < ring.length - 1; i++) { const [x0, y0] = ring[i], [x1, y1] = ring[i + 1], cross = x0 * y1 - x1 * y0; area += cross; x += (x0 + x1) * cross; y += (y0 + y1) * cross; }
    if (Math.abs(area) > best) { best = Math.abs(area); at = [x / (3 * area), y / (3 * area)]; }
  }
  return at;
}

/** Box of all polygons, the prefecture when there is none. @param {any} collection @returns {number[]} west, south, east, north */
function extent(collection) {
  const points = (collection?.features ?? []).flatMap((f) => (f.geometry.type === 'Polygon' ? [f.geometry.coordinates] : f.geometry.coordinates).flatMap((p) => p[0]));
  if (!points.length) return [111.0, 24.65, 112.4, 26.98];
  return points.reduce(([w, s, e, n], [x, y]) => [Math.min(w, x), Math.min(s, y), Math.max(e, x), Math.max(n, y)], [180, 90, -180, -90]);
}

class YongzhouMap {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box; this.data = {}; this.calls = []; this.hidden = new Set();
    this.begin();
  }
  token = (name) => getComputedStyle(this.box).getPropertyValue(`--${name}`).trim();
  get size() { return parseFloat(this.token('fs-1')) || 12; }

  async begin() {
    const d = this.box.dataset, wait = element('p', { class: 'map-wait' }, '正在画图');
    this.box.append(wait);
    await this.load(document.documentElement.dataset.moment ?? null);
    const bounds = d.bounds ? d.bounds.split(',').map(Number) : extent(this.data.counties), tall = this.box.closest('.c-map') ? this.size * 2.6 : 0;
    this.room = d.plain === undefined ? { top: 16 + tall, bottom: this.box.clientWidth < 640 ? 112 : 16, left: 16, right: 16 } : 10;
    try {
      this.map = new MapLibre({ container: this.box, style: this.style(), bounds, fitBoundsOptions: { padding: this.room }, maxBounds: [[bounds[0] - 3, bounds[1] - 2], [bounds[2] + 3, bounds[3] + 2]], attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0, renderWorldCopies: false, interactive: d.plain === undefined, localIdeographFontFamily: this.token('font'), locale: { 'Map.Title': d.label ?? '地图' } });
    } catch { return wait.replaceChildren('这台设备画不了地图（没有 WebGL 2）。请看旁边的列表'); }
    this.map.touchZoomRotate?.disableRotation();
    this.map.on('style.load', () => this.images());
    this.map.once('load', () => { wait.remove(); this.callouts(); this.box.dispatchEvent(new CustomEvent('yz:map:ready', { bubbles: true, detail: { map: this.map } })); this.box.dataset.ready = ''; });
    const canvas = this.map.getCanvas();
    canvas.setAttribute('aria-label', d.label ?? '地图：方向键移动，加减号缩放，回车看中心处'); canvas.setAttribute('role', 'application');
    if (d.plain !== undefined) canvas.setAttribute('tabindex', '-1');
    else { this.tools(bounds); this.listen(canvas); }
    this.legend();
    document.addEventListener('yz:live', (event) => this.live(event.detail));
    document.addEventListener('yz:moment', async (event) => { await this.load(event.detail.at, true); this.refresh(); });
    document.addEventListener('yz:theme', () => this.map.setStyle(this.style(), { diff: false }));
  }
  /** @param {string|null} at @param {boolean} moving only what changes with time */
  async load(at, moving = false) {
    const d = this.box.dataset, names = moving ? MOVING : ['around', 'counties', 'rivers', 'areas', ...MOVING];
    const failed = [];
    await Promise.all([...names, 'values'].map(async (name) => { try { this.data[name] = await json(d[name], at) ?? this.data[name]; } catch { failed.push(name); } }));
    const values = this.data.values?.values;
    for (const f of this.data.counties?.features ?? []) if (values) f.properties.value = values[f.properties.code] ?? null;
    this.data.labels = { type: 'FeatureCollection', features: (this.data.counties?.features ?? []).map((f) => ({ type: 'Feature', properties: { name: (f.properties.name ?? '').replace(/瑶族自治县$/, ''), value: d.valueTitle && typeof f.properties.value === 'number' ? `${f.properties.value} ${d.unit ?? ''}` : '' }, geometry: { type: 'Point', coordinates: f.properties.label ?? middle(f.geometry) } })) };
    this.data.outside = { type: 'FeatureCollection', features: (this.data.around?.features ?? []).filter((f) => f.properties.label).map((f) => ({ type: 'Feature', properties: { name: f.properties.city ?? f.properties.name }, geometry: { type: 'Point', coordinates: f.properties.label } })) };
    for (const f of this.data.stations?.features ?? []) this.fill(f.properties);
    this.box.classList.toggle('map-partial', failed.length > 0);
  }
  /** Water of a gauge in tenths; the warning line stands at 7. @param {any} p */
  fill(p) {
    p.over = p.level > p.warning;
    const low = p.low ?? p.warning - 3;
    p.tenth = Math.max(1, Math.min(p.over ? 10 : 7, Math.round(7 * (p.level - low) / (p.warning - low)) + (p.over ? 1 : 0)));
    p.image = `gauge-${p.tenth}-${p.over ? 1 : 0}`;
  }
  refresh() {
    for (const name of ['counties', 'labels', ...MOVING]) this.map?.getSource(name)?.setData(this.data[name] ?? EMPTY);
    this.callouts();
  }
  live(message) {
    if (message.topic !== 'latest' || document.documentElement.dataset.moment || message.value === undefined) return;
    const hit = this.data.stations?.features.find((f) => String(f.properties.datastream) === String(message.id));
    if (!hit) return;
    hit.properties.level = message.value; this.fill(hit.properties);
    this.timer ??= setTimeout(() => { this.timer = undefined; this.refresh(); }, 250);
  }
  images() {
    const put = (name, data) => { if (!this.map.hasImage(name)) this.map.addImage(name, data, { pixelRatio: RATIO }); };
    for (let level = 1; level <= 4; level++) put(`level-${level}`, shape(this.token, level));
    for (let tenth = 1; tenth <= 10; tenth++) for (const over of [0, 1]) put(`gauge-${tenth}-${over}`, gauge(this.token, tenth, over === 1));
    put('arrow', arrow(this.token));
    for (const name of this.hidden) this.toggle(name, false);
  }
  style() {
    const t = this.token, size = this.size, k = Math.max(1, size / 16), crowded = this.box.clientWidth < 640, font = { 'text-font': [t('font')], 'text-size': size }, halo = { 'text-color': t('text'), 'text-halo-color': t('m-1'), 'text-halo-width': 1.5 };
    const steps = (this.box.dataset.steps ?? '15,30,50,70').split(',').map(Number);
    const ramp = !this.box.dataset.valueTitle ? t('m-1') : ['case', ['==', ['typeof', ['get', 'value']], 'number'], ['step', ['get', 'value'], t('m-0'), ...steps.flatMap((s, i) => [s, t(`m-${Math.min(4, i + 1)}`)])], t('m-1')];
    const source = (name) => ({ type: 'geojson', data: this.data[name] ?? EMPTY });
    const kind = (name) => ['==', ['get', 'kind'], name];
    return { version: 8, sources: Object.fromEntries(['around', 'outside', 'counties', 'labels', 'rivers', 'areas', 'storms', 'stations', 'events'].map((n) => [n, source(n)])), layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': t('m-out') } },
      { id: 'around', type: 'line', source: 'around', paint: { 'line-color': t('line'), 'line-width': 1 * k } },
      { id: 'counties', type: 'fill', source: 'counties', paint: { 'fill-color': ramp } },
      { id: 'county-edge', type: 'line', source: 'counties', layout: { 'line-join': 'round' }, paint: { 'line-color': t('m-edge'), 'line-width': 1.5 * k } },
      { id: 'rivers', type: 'line', source: 'rivers', layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': t('m-river'), 'line-width': 2.5 * k } },
      { id: 'areas', type: 'line', source: 'areas', paint: { 'line-color': t('text-2'), 'line-width': 1.5 * k, 'line-dasharray': [3, 3] } },
      { id: 'storm-area', type: 'fill', source: 'storms', filter: ['in', ['get', 'kind'], ['literal', ['now', 'core']]], paint: { 'fill-color': t('d-storm'), 'fill-opacity': ['match', ['get', 'kind'], 'core', 0.28, 0.16] } },
      { id: 'storm-edge', type: 'line', source: 'storms', filter: kind('now'), paint: { 'line-color': t('d-storm'), 'line-width': 2 * k } },
      { id: 'storm-next', type: 'line', source: 'storms', filter: kind('next'), paint: { 'line-color': t('d-storm'), 'line-width': 1.5 * k, 'line-dasharray': [3, 3] } },
      { id: 'storm-track', type: 'line', source: 'storms', filter: kind('track'), paint: { 'line-color': t('d-storm'), 'line-width': 2 * k } },
      { id: 'storm-head', type: 'symbol', source: 'storms', filter: kind('head'), layout: { 'icon-image': 'arrow', 'icon-size': k, 'icon-rotate': ['get', 'bearing'], 'icon-allow-overlap': true } },
      { id: 'outside', type: 'symbol', source: 'outside', layout: { ...font, 'text-field': ['get', 'name'], 'text-letter-spacing': 0.1 }, paint: { 'text-color': t('text-2') } },
      { id: 'labels', type: 'symbol', source: 'labels', layout: { ...font, 'text-field': ['format', ['get', 'name'], {}, '\n', {}, ['get', 'value'], {}], 'text-allow-overlap': !crowded, 'text-line-height': 1.25, 'text-max-width': 20 }, paint: halo },
      { id: 'storm-label', type: 'symbol', source: 'storms', filter: kind('label'), layout: { ...font, 'text-field': ['format', ['get', 'name'], { 'text-color': t('d-storm') }, '\n', {}, ['get', 'note'], { 'text-color': t('text-2') }], 'text-justify': 'left', 'text-anchor': 'left', 'text-max-width': 30, 'text-allow-overlap': true }, paint: { 'text-halo-color': t('m-out'), 'text-halo-width': 1.5 } },
      { id: 'stations', type: 'symbol', source: 'stations', layout: { 'icon-image': ['get', 'image'], 'icon-size': k, 'icon-allow-overlap': true, 'icon-anchor': 'center', 'symbol-sort-key': ['case', ['get', 'over'], 2, 1] } },
      { id: 'events', type: 'symbol', source: 'events', layout: { 'icon-size': k, 'icon-image': ['concat', 'level-', ['to-string', ['get', 'level']]], 'icon-allow-overlap': true, 'symbol-sort-key': ['-', 5, ['get', 'level']] } },
    ] };
  }
  callouts() {
    for (const call of this.calls) call.remove();
    this.calls = [];
    for (const { properties: p, geometry } of this.data.stations?.features ?? []) {
      if (!p.callout || (this.box.clientWidth < 480 && this.box.dataset.plain === undefined)) continue;  // on a phone it would hide the map
      const over = p.level - p.warning, roomy = this.box.clientWidth > 640;
      const call = element('a', { class: 'map-call', href: p.href ?? '#' }, element('span', {}, p.callout), element('span', {}, element('strong', {}, `${over >= 0 ? '+' : '−'}${Math.abs(over).toFixed(2)} m`), element('b', {}, over >= 0 ? '超警戒' : '低于警戒')), ...(roomy ? [element('small', {}, `${p.level.toFixed(2)} m${p.note ? `·${p.note}` : ''}`)] : []));
      const right = !roomy && this.map.project(geometry.coordinates).x > this.box.clientWidth - 170, offset = roomy ? [this.size * 6, this.size * 4] : [right ? -18 : 18, 0];
      const marker = new Marker({ element: call, anchor: right ? 'right' : 'left', offset }).setLngLat(geometry.coordinates).addTo(this.map);
      if (roomy) { const line = element('div', { class: 'map-lead' }); const length = Math.hypot(...offset); line.style.width = `${length}px`; line.style.transform = `rotate(${Math.atan2(offset[1], offset[0])}rad)`; const pin = element('div', { class: 'map-pin' }, line); this.calls.push(new Marker({ element: pin, anchor: 'left' }).setLngLat(geometry.coordinates).addTo(this.map)); }
      this.calls.push(marker);
    }
  }
  legend() {
    const d = this.box.dataset;
    if (d.plain !== undefined) { if (d.riversNote) this.box.append(element('div', { class: 'map-legend' }, `${d.riversNote}·CGCS2000`)); return; }
    const svg = (w, h, body) => { const holder = document.createElement('template'); holder.innerHTML = `<svg class="fig" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" aria-hidden="true">${body}</svg>`; return holder.content; };
    const box = element('div', { class: 'map-legend' });
    if (d.valueTitle) box.append(svg(150, 12, [0, 1, 2, 3, 4].map((k) => `<rect class="m${k}" x="${k * 30}" width="29" height="12"/>`).join('')), element('span', {}, `${d.valueTitle} 0 至 ${(d.steps ?? '15,30,50,70').split(',').pop()}+ ${d.unit ?? ''}`));
    const line = (drawing, ...words) => { const row = element('span', { class: 'row' }); row.append(drawing, ...words); box.append(row); };
    if (d.stations) line(svg(18, 32, '<rect class="g-box" x="5" y="2" width="8" height="28" rx="2"/><rect class="below" x="7" y="16" width="4" height="12"/><path class="tick" d="M2 11h14"/>'), '水位，横线为警戒');
    if (d.storms) line(svg(28, 18, '<ellipse class="storm" cx="14" cy="9" rx="12" ry="7"/>'), '雷暴，虚线为外推', element('span', { class: 'estimate' }, '估算'));
    if (d.riversNote) box.append(element('span', {}, d.riversNote));
    this.box.append(box);
  }
  tools(bounds) {
    const button = (name, label, act) => { const b = element('button', { class: 'btn btn-icon', type: 'button', 'aria-label': label, title: label }, icon(name)); b.addEventListener('click', act); return b; };
    const list = element('div', { class: 'pop-body' }, element('p', { class: 'strong' }, '图层'));
    for (const [name, label] of LAYERS) { if (!this.box.dataset[name]) continue; const check = element('input', { type: 'checkbox', class: 'check', checked: '' }); check.addEventListener('change', () => this.toggle(name, check.checked)); list.append(element('label', {}, check, label)); }
    const layers = element('details', { class: 'pop map-layers' }, element('summary', { class: 'btn btn-icon', 'aria-label': '图层', title: '图层' }, icon('layers')), list);
    this.box.append(element('div', { class: 'map-tools' }, layers, button('plus', '放大', () => this.map.zoomIn()), button('minus', '缩小', () => this.map.zoomOut()), button('target', '看全市', () => this.map.fitBounds(bounds, { padding: this.room }))));
    this.read = element('div', { class: 'map-read', 'aria-live': 'off' }, 'CGCS2000'); this.box.append(this.read);
  }
  /** @param {string} name @param {boolean} on */
  toggle(name, on) {
    if (on) this.hidden.delete(name); else this.hidden.add(name);
    for (const id of LAYERS.find(([n]) => n === name)?.[2] ?? []) if (this.map.getLayer(id)) this.map.setLayoutProperty(id, 'visibility', on ? 'visible' : 'none');
  }
  listen(canvas) {
    this.map.on('mousemove', ({ point, lngLat }) => { this.read.textContent = `${lngLat.lng.toFixed(4)}°E ${lngLat.lat.toFixed(4)}°N·CGCS2000`; canvas.style.cursor = this.map.queryRenderedFeatures(point, { layers: ['stations', 'events'] }).length ? 'pointer' : ''; });
    this.map.on('click', ({ point, lngLat }) => this.what(point, lngLat));
    canvas.addEventListener('keydown', (event) => { if (event.key === 'Enter') { const at = this.map.getCenter(); this.what(this.map.project(at), at); } if (event.key === 'Escape') this.popup?.remove(); });
  }
  async what(point, { lng, lat }) {
    const found = this.map.queryRenderedFeatures(point, { layers: ['events', 'stations', 'counties'] }), body = element('div', { class: 'stack', role: 'status' });
    const link = (text, href) => href ? element('a', { class: 'strong', href }, text) : element('span', { class: 'strong' }, text);
    for (const { layer, properties: p } of found.slice(0, 4)) {
      if (layer.id === 'events') body.append(link(p.title, p.href), element('span', { class: `warn-${p.level}` }, `${['', '红 I', '橙 II', '黄 III', '蓝 IV'][p.level]} ${p.state ?? ''}`));
      if (layer.id === 'stations') { const over = p.level - p.warning; body.append(link(p.name, p.href), element('span', {}, `${Number(p.level).toFixed(2)} ${p.unit ?? 'm'}，${over > 0 ? '超' : '低于'}警戒 ${Math.abs(over).toFixed(2)}`)); }
      if (layer.id === 'counties') body.append(link(p.name, p.href), ...(p.value !== undefined && p.value !== null ? [element('span', {}, `${this.box.dataset.valueTitle ?? ''} ${p.value} ${this.box.dataset.unit ?? ''}`)] : []));
    }
    body.append(element('span', { class: 'meta' }, `${lng.toFixed(5)}°E ${lat.toFixed(5)}°N CGCS2000`));
    this.popup?.remove();
    this.popup = new Popup({ closeButton: false, maxWidth: 'none', focusAfterOpen: false }).setLngLat([lng, lat]).setDOMContent(body).addTo(this.map);
    if (this.box.dataset.what) {
      const url = new URL(this.box.dataset.what, location.href); url.searchParams.set('lon', lng.toFixed(6)); url.searchParams.set('lat', lat.toFixed(6));
      const answer = await fetch(url, { headers: { 'HX-Request': 'true' } }).catch(() => null);
      if (answer?.ok) { const more = element('div', { class: 'stack' }); more.innerHTML = await answer.text(); body.append(more); }
    }
  }
}
const seen = new IntersectionObserver((entries) => { for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); new YongzhouMap(/** @type {HTMLElement} */ (entry.target)); } }, { rootMargin: '100px' });
function start() { for (const box of document.querySelectorAll('[data-map]:not([data-begun])')) { box.setAttribute('data-begun', ''); seen.observe(box); } }
start();
document.addEventListener('htmx:after:swap', start);
