/**
 * Keeps the cockpit's widgets at the moment that is shown: live messages refresh what they are about, within 2 s;
 * while the past is shown nothing moves; under the pointer nothing jumps. `?at=` in the address opens that moment.
 *
 * [data-widget][data-src]   a widget; its address answers its inside, with ?at= for the past
 */
const ABOUT = { latest: ['level'], matter: ['now', 'events', 'reach', 'load'], alarms: ['quality', 'now', 'events'], indicator: ['rain', 'load', 'quality', 'vital', 'reach'] };
const WAIT = 900, MAP_WAIT = 8000, ALL = 60000;
const dirty = new Set();
let timer = 0, mapAt = 0;
const past = () => document.documentElement.dataset.moment;

/** The newest request of each widget; an answer that comes late is dropped. @type {Map<string, number>} */
const asked = new Map();
/** @param {HTMLElement} node */
async function load(node) {
  const name = node.dataset.widget, turn = (asked.get(name) ?? 0) + 1, url = new URL(node.dataset.src, location.href), at = past();
  asked.set(name, turn);
  if (at) url.searchParams.set('at', at);
  try {
    const answer = await fetch(url);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const text = await answer.text();
    if (asked.get(name) === turn && past() === at) { node.innerHTML = text; delete node.dataset.failed; }
  } catch { node.dataset.failed = ''; } // the old inside stays; its age tells
}

function refresh() {
  timer = 0;
  if (past() || document.hidden) return dirty.clear();
  for (const name of [...dirty]) {
    const node = document.querySelector(`[data-widget="${name}"]`);
    if (!node) { dirty.delete(name); continue; }
    if ((node.matches(':hover') && matchMedia('(hover: hover)').matches) || node.contains(document.activeElement)) continue; // what one is about to click stays
    dirty.delete(name);
    load(node);
  }
  if (dirty.size) later();
}
function later() { timer ||= setTimeout(refresh, WAIT); }

/** The map and the charts read again what moves, as they do when the scrubber comes back to now. */
function map() {
  if (past() || Date.now() - mapAt < MAP_WAIT) return;
  mapAt = Date.now();
  document.dispatchEvent(new CustomEvent('yz:moment', { detail: { at: null, quiet: true } }));
}

document.addEventListener('yz:moment', (event) => {
  if (event.detail.quiet) return;
  dirty.clear();
  for (const node of document.querySelectorAll('[data-widget]')) load(node);
});
document.addEventListener('yz:live', (event) => {
  const message = event.detail;
  for (const name of ABOUT[message.topic] ?? []) dirty.add(name);
  if (dirty.size) later();
  if (message.topic === 'matter' || message.topic === 'indicator') map();
});
setInterval(() => { if (past()) return; for (const node of document.querySelectorAll('[data-widget]')) dirty.add(node.dataset.widget); later(); map(); }, ALL);

/** A link with ?at= reproduces what was seen: put the scrubber there once it has been drawn. */
const shared = new URL(location.href).searchParams.get('at');
if (shared) {
  const wait = setInterval(() => {
    const box = document.querySelector('[data-timeline]'), range = box?.querySelector('input[type="range"]');
    if (!range || !box.querySelector('svg')) return;
    clearInterval(wait);
    const step = Number(box.dataset.step) * 60000, back = Math.round((Date.now() - Date.parse(shared)) / step);
    range.value = String(Math.max(0, Number(range.max) - back));
    range.dispatchEvent(new Event('input'));
  }, 100);
}
