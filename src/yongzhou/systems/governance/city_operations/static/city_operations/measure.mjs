/**
 * Distance, area and "what lies within this circle or area" on a map of `look/map.mjs`.
 *
 * Lengths and areas are taken on the sphere of the mean radius (0.3 % at most from the ellipsoid, for the drawing);
 * the answer of the server for a circle or an area is geodesic on CGCS2000. Keys: Enter or a double click ends a
 * drawing, Backspace takes the last corner back, Escape ends measuring.
 */
import { element, icon } from '../look/shell.mjs';

const RADIUS = 6371008.8, DEGREE = Math.PI / 180, MOST = 50000;
const MODES = [['line', '量距离', 'ruler'], ['area', '量面积、查范围', 'columns'], ['circle', '查周边', 'target']];

/** Great-circle distance in metres. @param {number[]} a @param {number[]} b */
export function distance([x0, y0], [x1, y1]) {
  const h = Math.sin((y1 - y0) * DEGREE / 2) ** 2 + Math.cos(y0 * DEGREE) * Math.cos(y1 * DEGREE) * Math.sin((x1 - x0) * DEGREE / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.sqrt(h));
}
/** Area of a ring on the sphere in square metres (Chamberlain & Duquette 2007). @param {number[][]} ring */
export function area(ring) {
  let sum = 0;
  for (let i = 0; i < ring.length; i++) { const [x0, y0] = ring[i], [x1, y1] = ring[(i + 1) % ring.length]; sum += (x1 - x0) * DEGREE * (2 + Math.sin(y0 * DEGREE) + Math.sin(y1 * DEGREE)); }
  return Math.abs(sum) * RADIUS ** 2 / 2;
}
/** Ring of a circle. @param {number[]} centre @param {number} metres */
export function circle([lon, lat], metres) {
  const ring = [], arc = metres / RADIUS;
  for (let i = 0; i <= 72; i++) {
    const bearing = i * 5 * DEGREE, y = Math.asin(Math.sin(lat * DEGREE) * Math.cos(arc) + Math.cos(lat * DEGREE) * Math.sin(arc) * Math.cos(bearing));
    ring.push([lon + Math.atan2(Math.sin(bearing) * Math.sin(arc) * Math.cos(lat * DEGREE), Math.cos(arc) - Math.sin(lat * DEGREE) * Math.sin(y)) / DEGREE, y / DEGREE]);
  }
  return ring;
}
const metres = (value) => value < 1000 ? `${value.toFixed(0)} 米` : `${(value / 1000).toFixed(2)} 公里`;
const squares = (value) => value < 1e6 ? `${value.toFixed(0)} 平方米` : `${(value / 1e6).toFixed(3)} 平方公里`;

class Measure {
  /** @param {HTMLElement} box @param {any} map */
  constructor(box, map) {
    this.box = box; this.map = map; this.mode = ''; this.corners = []; this.asked = 0;
    this.out = element('output', { 'aria-live': 'polite' });
    this.buttons = MODES.map(([mode, label, name]) => { const b = element('button', { class: 'btn btn-icon', type: 'button', 'aria-label': label, title: label, 'aria-pressed': 'false' }, icon(name)); b.addEventListener('click', () => this.start(this.mode === mode ? '' : mode)); return [mode, b]; });
    box.append(element('div', { class: 'measure' }, element('div', { class: 'row' }, ...this.buttons.map(([, b]) => b)), this.out));
    map.on('style.load', () => this.layers()); this.layers();
    map.on('mousemove', ({ lngLat }) => { if (this.mode && this.corners.length && !this.done) this.draw([lngLat.lng, lngLat.lat]); });
    // Capture: while one measures, a click is a corner and not a question about the place.
    map.getCanvasContainer().addEventListener('click', (event) => this.click(event), true);
    map.getCanvasContainer().addEventListener('dblclick', (event) => { if (this.mode) { event.stopPropagation(); event.preventDefault(); this.finish(); } }, true);
    map.getCanvas().addEventListener('keydown', (event) => this.key(event), true);
  }
  layers() {
    if (this.map.getSource('measure')) return;
    const token = (name) => getComputedStyle(this.box).getPropertyValue(`--${name}`).trim();
    this.map.addSource('measure', { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
    this.map.addLayer({ id: 'measure-area', type: 'fill', source: 'measure', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': token('accent'), 'fill-opacity': 0.14 } });
    this.map.addLayer({ id: 'measure-line', type: 'line', source: 'measure', filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': token('accent'), 'line-width': 2 } });
    this.map.addLayer({ id: 'measure-corner', type: 'circle', source: 'measure', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 4, 'circle-color': token('surface'), 'circle-stroke-color': token('accent'), 'circle-stroke-width': 2 } });
  }
  /** @param {string} mode */
  start(mode) {
    this.mode = mode; this.corners = []; this.done = false; this.asked++;
    for (const [name, b] of this.buttons) b.setAttribute('aria-pressed', String(name === mode));
    this.box.classList.toggle('measure-on', mode !== '');
    this.map.doubleClickZoom[mode ? 'disable' : 'enable']();
    this.out.replaceChildren(...(mode ? [element('span', { class: 'quiet' }, mode === 'circle' ? '点圆心，再点圆边' : '逐点点击，双击或回车结束')] : []));
    this.draw();
    if (mode) this.map.getCanvas().focus();
  }
  /** @param {MouseEvent} event */
  click(event) {
    if (!this.mode) return;
    event.stopPropagation();
    if (event.detail > 1) return; // the second click of a double click is its end, no corner
    if (this.done) this.start(this.mode);
    const box = this.map.getCanvas().getBoundingClientRect(), at = this.map.unproject([event.clientX - box.left, event.clientY - box.top]);
    this.add([at.lng, at.lat]);
  }
  add(corner) {
    this.corners.push(corner);
    this.draw();
    if (this.mode === 'circle' && this.corners.length === 2) this.finish();
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.mode || !['Enter', ' ', 'Backspace', 'Escape'].includes(event.key)) return;
    event.stopPropagation(); event.preventDefault();
    if (event.key === 'Escape') return this.start('');
    if (event.key === 'Backspace') { this.corners.pop(); return this.draw(); }
    if (event.key === ' ') { const at = this.map.getCenter(); if (this.done) this.start(this.mode); return this.add([at.lng, at.lat]); }
    this.finish();
  }
  finish() {
    const { mode, corners } = this;
    if (this.done || corners.length < { line: 2, area: 3, circle: 2 }[mode]) return;
    this.done = true; this.draw();
    if (mode === 'area') this.ask(new URLSearchParams({ ring: corners.map(([x, y]) => `${x.toFixed(6)},${y.toFixed(6)}`).join(';') }));
    if (mode === 'circle') this.ask(new URLSearchParams({ lon: corners[0][0].toFixed(6), lat: corners[0][1].toFixed(6), radius: Math.min(MOST, distance(...corners)).toFixed(1) }));
  }
  /** @param {number[]|null} pointer where the mouse is, as the next corner */
  draw(pointer = null) {
    const corners = pointer ? [...this.corners, pointer] : this.corners, features = this.corners.map((c) => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: c } }));
    const shape = (type, coordinates) => features.push({ type: 'Feature', properties: {}, geometry: { type, coordinates } });
    if (this.mode === 'circle' && corners.length > 1) { shape('Polygon', [circle(corners[0], Math.min(MOST, distance(corners[0], corners[1])))]); shape('LineString', corners.slice(0, 2)); }
    else if (this.mode === 'area' && corners.length > 2) shape('Polygon', [[...corners, corners[0]]]);
    else if (corners.length > 1) shape('LineString', corners);
    this.map.getSource('measure')?.setData({ type: 'FeatureCollection', features });
    if (corners.length > 1) this.out.replaceChildren(...this.told(corners));
  }
  told(corners) {
    const legs = corners.slice(1).map((c, i) => distance(corners[i], c)), total = legs.reduce((sum, leg) => sum + leg, 0);
    if (this.mode === 'circle') return [element('strong', {}, `半径 ${metres(Math.min(MOST, legs[0]))}`)];
    if (this.mode === 'area') return [element('strong', {}, corners.length > 2 ? squares(area(corners)) : '再点一个角'), element('span', { class: 'meta' }, `周长 ${metres(total + distance(corners.at(-1), corners[0]))}`)];
    return [element('strong', {}, metres(total)), element('span', { class: 'meta' }, `${legs.length} 段，最后一段 ${metres(legs.at(-1))}`)];
  }
  /** @param {URLSearchParams} query */
  async ask(query) {
    const turn = ++this.asked, kept = [...this.out.children];
    this.out.append(element('span', { class: 'quiet' }, '正在查'));
    const answer = await fetch(`/desk/city_operations/within.json?${query}`).then(async (a) => [a.ok, await a.json()]).catch(() => [false, { title: '没有查到，请检查网络' }]);
    if (turn !== this.asked) return;
    const [good, found] = answer;
    if (!good) return this.out.replaceChildren(...kept, element('span', { class: 'warn-1' }, found.title));
    const parts = [['matters', '未结事项'], ['things', '设备'], ['places', '危险村、地点']].filter(([name]) => found[name].count !== null);
    this.out.replaceChildren(...kept, ...parts.flatMap(([name, word]) => [element('span', { class: 'strong' }, `${word} ${found[name].count}`), ...found[name].rows.slice(0, 8).map((row) => element('a', { class: 'clip', href: row.href }, `${row.title}${row.metres === undefined ? '' : ` ${metres(row.metres)}`}`))]));
  }
}

document.addEventListener('yz:map:ready', (event) => {
  const box = /** @type {HTMLElement} */ (event.target);
  if (box.dataset.plain === undefined) new Measure(box, event.detail.map);
});
