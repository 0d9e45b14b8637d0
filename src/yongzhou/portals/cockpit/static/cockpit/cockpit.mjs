/**
 * Keeps the cockpit's widgets at the moment that is shown: live messages refresh what they are about, within 2 s;
 * while the past is shown nothing moves; under the pointer nothing jumps. `?at=` in the address opens that moment.
 *
 * [data-widget][hx-get]   a widget; its address answers its inside, with ?at= for the past
 */
const ABOUT = { latest: ['level'], matter: ['now', 'events', 'reach', 'load'], alarms: ['quality', 'now', 'events'], indicator: ['rain', 'load', 'quality', 'vital', 'reach'] };
const WAIT = 900, MAP_WAIT = 8000, ALL = 60000;
const dirty = new Set();
let timer = 0, mapAt = 0;
const past = () => document.documentElement.dataset.moment;

function refresh() {
  timer = 0;
  if (past() || document.hidden) return dirty.clear();
  for (const name of [...dirty]) {
    const node = document.querySelector(`[data-widget="${name}"]`);
    if (!node) { dirty.delete(name); continue; }
    if ((node.matches(':hover') && matchMedia('(hover: hover)').matches) || node.contains(document.activeElement)) continue; // what one is about to click stays
    dirty.delete(name);
    globalThis.htmx?.ajax('GET', node.getAttribute('hx-get'), { target: node, swap: 'innerHTML' });
  }
  if (dirty.size) later();
}
function later() { timer ||= setTimeout(refresh, WAIT); }

/** The map and the charts read again what moves, as they do when the scrubber comes back to now. */
function map() {
  if (past() || Date.now() - mapAt < MAP_WAIT) return;
  mapAt = Date.now();
  document.dispatchEvent(new CustomEvent('yz:moment', { detail: { at: null } }));
}

document.addEventListener('yz:live', (event) => {
  const message = event.detail;
  for (const name of ABOUT[message.topic] ?? []) dirty.add(name);
  if (dirty.size) later();
  if (message.topic === 'matter' || message.topic === 'indicator') map();
});
setInterval(() => { if (past()) return; for (const node of document.querySelectorAll('[data-widget]')) dirty.add(node.dataset.widget); later(); map(); }, ALL);

/** A link with ?at= reproduces what was seen: put the scrubber there once it has been drawn. */
const asked = new URL(location.href).searchParams.get('at');
if (asked) {
  const wait = setInterval(() => {
    const box = document.querySelector('[data-timeline]'), range = box?.querySelector('input[type="range"]');
    if (!range || !box.querySelector('svg')) return;
    clearInterval(wait);
    const step = Number(box.dataset.step) * 60000, back = Math.round((Date.now() - Date.parse(asked)) / step);
    range.value = String(Math.max(0, Number(range.max) - back));
    range.dispatchEvent(new Event('input'));
  }, 100);
}
