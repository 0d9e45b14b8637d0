/**
 * Live values by server-sent events, and ages that grow stale.
 *
 * <body data-live-ticket-url="/desk/live-ticket">   POST answers {"ticket": "..."}; taken anew at each reconnect
 * <html|any data-live-topics="latest matter">        topics besides those named by data-live
 * data-live="<topic>:<id>"     text replaced by the message's `text` (or `value`, with data-digits)
 * .fresh[data-expected]        age in words; data-fresh-of="<topic>:<id>" takes the time of live messages
 * .due[data-due]               time left in words
 *
 * Address: /live/<topics joined by comma>?ticket=<ticket>. An event's data is {"key", "region"?, "data"}; data is one message or, on topic latest, {"rows": [[id, ms, value, flag, origin, frame], ...]}:
 *   {"topic": "latest", "id": 17, "value": 74.62, "text"?: "74.62", "at": "2026-06-17T19:12:33Z", "level"?: 2}
 * Each one is also sent on as the document event `yz:live`. While the pointer rests on a row or card nothing there
 * changes; the newest value follows when it leaves. While `yz:moment` shows the past nothing changes at all.
 */
const WAIT = [1000, 2000, 5000, 10000, 30000];
/** @typedef {{topic: string, id: string|number, value?: number, text?: string, at?: string, level?: number}} Message */
/** @type {Map<Element, Message>} */
const held = new Map();
let past = false, tries = 0, lastSeen = 0, /** @type {EventSource|null} */ source = null;

/** @returns {string[]} topics that this page asks for */
function topics() {
  const names = new Set();
  for (const node of document.querySelectorAll('[data-live]')) names.add(node.getAttribute('data-live').split(':')[0]);
  for (const node of document.querySelectorAll('[data-live-topics]')) for (const name of node.getAttribute('data-live-topics').split(/\s+/)) names.add(name);
  names.delete('');
  return [...names].sort();
}

async function connect() {
  const wanted = topics(), url = document.body.dataset.liveTicketUrl;
  if (!wanted.length || !url) return;
  try {
    const { csrf } = await import('./shell.mjs');
    const answer = await fetch(url, { method: 'POST', headers: { 'X-CSRFToken': csrf(), Accept: 'application/json' } });
    if (answer.status === 401 || answer.status === 403) return mark('stopped');
    const { ticket, topics: granted } = await answer.json();
    const heard = granted ? wanted.filter((topic) => granted.includes(topic)) : wanted;
    if (!heard.length) return mark('stopped');
    if (document.hidden && onlyBell(heard)) return mark('resting');
    source = new EventSource(`/live/${heard.map(encodeURIComponent).join(',')}?ticket=${encodeURIComponent(ticket)}`);
    source.onopen = () => { tries = 0; mark('on'); };
    source.onerror = retry;
    for (const name of ['message', ...heard]) source.addEventListener(name, (event) => take(event.data, name));
  } catch { retry(); }
}
/** A browser keeps six lines to one origin: a tab that nobody looks at gives up that of its bell. @param {string[]} names */
const onlyBell = (names) => names.every((name) => name.startsWith('inbox.'));
document.addEventListener('visibilitychange', () => {
  if (!onlyBell(topics())) return;
  if (document.hidden) { source?.close(); source = null; mark('resting'); }
  else if (!source) { connect(); document.dispatchEvent(new CustomEvent('yz:back')); }
});
function retry() {
  source?.close(); source = null; mark('waiting');
  setTimeout(connect, WAIT[Math.min(tries++, WAIT.length - 1)] * (0.8 + 0.4 * Math.random()));
}
/** @param {string} state */
function mark(state) { document.documentElement.dataset.liveState = state; }

/** @param {string} text @param {string} name */
function take(text, name) {
  lastSeen = Date.now();
  let body;
  try { body = JSON.parse(text); } catch { return; }
  const data = body.data ?? body;
  const rows = /** @type {[number, number, number|null, number, string, string][]|undefined} */ (data.rows);
  const list = rows ? rows.map(([id, ms, value, flag, origin]) => ({ id, value, flag, origin, at: new Date(ms).toISOString() })) : [data];
  for (const message of /** @type {Message[]} */ (list)) {
    message.topic ??= name;
    message.id ??= body.key;
    document.dispatchEvent(new CustomEvent('yz:live', { detail: message }));
  }
}

document.addEventListener('yz:live', (event) => {
  const message = /** @type {CustomEvent<Message>} */ (event).detail, key = CSS.escape(`${message.topic}:${message.id}`);
  if (past) return;
  for (const node of document.querySelectorAll(`[data-live="${key}"]`)) {
    const rest = node.closest('tr, .widget, .card, .tap') ?? node;
    if (rest.matches(':hover') && matchMedia('(hover: hover)').matches) { held.set(node, message); node.classList.add('held'); rest.addEventListener('pointerleave', release, { once: true }); }
    else show(node, message);
  }
  for (const node of document.querySelectorAll(`[data-fresh-of="${key}"]`)) if (message.at) { node.setAttribute('datetime', message.at); age(node); }
});
function release() { for (const [node, message] of held) { node.classList.remove('held'); show(node, message); } held.clear(); }

/** @param {Element} node @param {Message} message */
function show(node, message) {
  const digits = node.getAttribute('data-digits');
  const text = message.text ?? (message.value === undefined ? '' : message.value.toLocaleString('zh-CN', { minimumFractionDigits: Number(digits ?? 0), maximumFractionDigits: Number(digits ?? 2) }));
  if (node.textContent === text) return;
  node.textContent = text;
  node.classList.remove('changed'); void (/** @type {HTMLElement} */ (node).offsetWidth); node.classList.add('changed');
}

/** @param {number} seconds */
function spanWords(seconds) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  if (minutes < 1) return '不足 1 分';
  if (minutes < 60) return `${minutes} 分`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} 时 ${String(minutes % 60).padStart(2, '0')} 分`;
  return hours % 24 ? `${Math.floor(hours / 24)} 天 ${hours % 24} 时` : `${Math.floor(hours / 24)} 天`;
}
/** The server's clock, not the browser's: pages say what time they were made. */
const made = document.documentElement.dataset.now, drift = made ? Date.parse(made) - Date.now() : 0;
const now = () => Date.now() + drift;

/** @param {Element} node */
function age(node) {
  const at = Date.parse(node.getAttribute('datetime') ?? ''), expected = Number(node.getAttribute('data-expected') ?? 60);
  if (Number.isNaN(at)) return;
  const seconds = Math.max(0, Math.floor((now() - at) / 1000)), stale = seconds > 2 * expected;
  if (seconds >= 86400) return;
  const words = seconds < 60 ? `${seconds} 秒前` : seconds < 3600 ? `${Math.floor(seconds / 60)} 分钟前` : `${Math.floor(seconds / 3600)} 小时前`;
  node.classList.toggle('fresh-stale', stale);
  node.textContent = stale ? `${words}，应${node.getAttribute('data-rhythm') ?? '更新'}` : words;
}
/** @param {Element} node */
function left(node) {
  const seconds = (Date.parse(node.getAttribute('data-due') ?? '') - now()) / 1000;
  if (Number.isNaN(seconds)) return;
  const over = seconds < 0, prefix = node.getAttribute('data-prefix');
  node.classList.toggle('due-over', over);
  node.classList.toggle('due-soon', !over && seconds <= 60 * Number(node.getAttribute('data-soon') ?? 45));
  node.textContent = over ? `超时 ${spanWords(seconds)}` : `${prefix ? prefix + ' ' : ''}${spanWords(seconds)}`;
}
setInterval(() => {
  if (past || document.hidden) return;
  document.querySelectorAll('time.fresh[data-expected]').forEach(age);
  document.querySelectorAll('time.due[data-due]').forEach(left);
  if (source && lastSeen && Date.now() - lastSeen > 90000) retry();
}, 1000);
document.addEventListener('yz:moment', (event) => { past = /** @type {CustomEvent} */ (event).detail.at !== null; });
connect();
