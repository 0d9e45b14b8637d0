/**
 * What every page has: menus that close, dialogs, cookies of appearance, toasts, copy, tabs, the clock, offline mark.
 *
 * data-open="#id"            opens a <dialog>;  data-close closes its dialog or toast
 * data-cookie="n" data-values="a b"  steps a cookie through its values and applies it to <html>
 * data-copy="#id"            copies the text of an element
 * data-reload, data-back     reload, go back
 * data-fill-<input id>       fills inputs of the page (demo accounts)
 * data-clock="seconds|day"   runs in Asia/Shanghai
 * data-offline               shown while the browser is offline
 * data-slash                 focused by the key /
 * data-print                 prints the page
 * .toast[data-passing]       a message of the server goes after a while
 * <script type="application/json" id="words">  the words of scripts in another language (`say`)
 * Server event `yz:toast` (HX-Trigger) with {text, tone?, undo?}: undo is an address that is posted to.
 */
export const ZONE = 'Asia/Shanghai';
const ROOT = document.documentElement;
const ATTRIBUTE = { yz_theme: 'theme', yz_mode: 'mode', yz_nav: 'nav', yz_scale: 'scale', yz_size: 'size', yz_lang: 'lang' };
const WORDS = JSON.parse(document.getElementById('words')?.textContent ?? '{}');

/** @param {string} text in Chinese @param {Record<string, string|number>} values for {names} in it @returns {string} in the page's language */
export const say = (text, values = {}) => (WORDS[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/** @param {string} name @returns {SVGSVGElement} an icon of the sprite */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'i'); svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', new URL(`icons.svg#${name}`, import.meta.url).pathname + `#${name}`);
  svg.append(use);
  return svg;
}

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node|string)} children */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The CSRF token of this page, for own requests. */
export const csrf = () => JSON.parse(document.body.getAttribute('hx-headers:inherited') ?? '{}')['X-CSRFToken'] ?? '';

/** @param {{text: string, tone?: string, undo?: string}} message */
export function toast({ text, tone = '', undo = '' }) {
  const box = document.querySelector('.toasts');
  if (!box) return;
  const node = element('div', { class: `toast${tone === 'error' ? ' toast-error' : ''}` }, element('span', { class: 'grow' }, text));
  if (undo) {
    const button = element('button', { class: 'btn', type: 'button' }, say('撤销'));
    button.addEventListener('click', async () => {
      const answer = await fetch(undo, { method: 'POST', headers: { 'X-CSRFToken': csrf() } });
      node.remove();
      toast(answer.ok ? { text: say('已撤销') } : { text: say('没能撤销，请到记录里改'), tone: 'error' });
    });
    node.append(button);
  }
  const shut = element('button', { class: 'btn btn-icon', type: 'button', 'data-close': '', 'aria-label': say('知道了') }, icon('x'));
  node.append(shut);
  box.append(node);
  if (tone !== 'error') setTimeout(() => node.remove(), undo ? 10000 : 6000);
}

function stepCookie(button) {
  const name = button.dataset.cookie, values = button.dataset.values.split(' ');
  const now = name === 'yz_lang' ? (ROOT.lang === 'en' ? 'en' : 'zh') : ROOT.dataset[ATTRIBUTE[name]] ?? values[0];
  const next = values[(values.indexOf(now) + 1) % values.length];
  document.cookie = `${name}=${next}; path=/; max-age=31536000; samesite=lax`;
  if (name === 'yz_mode' || name === 'yz_lang') location.reload();
  else { ROOT.dataset[ATTRIBUTE[name]] = next; document.dispatchEvent(new CustomEvent('yz:theme')); }
}

document.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target);
  for (const open of document.querySelectorAll('details.pop[open]')) if (!open.contains(target)) open.removeAttribute('open');
  const button = /** @type {HTMLElement|null} */ (target.closest('button, [data-open], [data-close]'));
  if (!button) return;
  const data = button.dataset;
  if (data.open) /** @type {HTMLDialogElement} */ (document.querySelector(data.open))?.showModal();
  else if ('close' in data) { const box = button.closest('dialog, .toast, [data-panel]'); if (box instanceof HTMLDialogElement) box.close(); else if (box?.matches('[data-panel]')) box.replaceChildren(); else box?.remove(); }
  else if (data.cookie) stepCookie(button);
  else if ('print' in data) { for (const open of document.querySelectorAll('details.pop[open]')) open.removeAttribute('open'); print(); }
  else if ('reload' in data) location.reload();
  else if ('back' in data) history.back();
  else if (data.copy) navigator.clipboard.writeText(document.querySelector(data.copy)?.textContent ?? '').then(() => toast({ text: say('已复制') }));
  else if ('fillUsername' in data) {
    for (const input of ['username', 'password']) {
      const field = /** @type {HTMLInputElement|null} */ (document.getElementById(input));
      if (field) field.value = data[`fill${input[0].toUpperCase()}${input.slice(1)}`] ?? '';
    }
    document.querySelector('.login-form .btn-main')?.focus();
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') for (const open of document.querySelectorAll('details.pop[open]')) { open.removeAttribute('open'); open.querySelector('summary')?.focus(); }
  if (event.key === '/' && !isTyping(event)) { const search = document.querySelector('[data-slash]'); if (search) { event.preventDefault(); search.focus(); } }
  const tab = event.target instanceof Element && event.target.closest('[role="tab"]');
  if (tab && (event.key === 'ArrowRight' || event.key === 'ArrowLeft')) {
    const tabs = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    tabs[(tabs.indexOf(tab) + (event.key === 'ArrowRight' ? 1 : tabs.length - 1)) % tabs.length].click();
  }
});
document.addEventListener('click', (event) => {
  const tab = event.target instanceof Element && event.target.closest('[role="tab"][aria-controls]');
  if (!tab) return;
  for (const other of tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')) {
    other.setAttribute('aria-selected', String(other === tab));
    other.setAttribute('tabindex', other === tab ? '0' : '-1');
    const panel = document.getElementById(other.getAttribute('aria-controls'));
    if (panel) panel.hidden = other !== tab;
  }
  tab.focus();
});

/** @param {KeyboardEvent} event whether the key belongs to a field */
export function isTyping(event) {
  return event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof Element && event.target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]') !== null);
}

document.addEventListener('yz:toast', (event) => toast(/** @type {CustomEvent} */ (event).detail));
document.addEventListener('htmx:error', () => toast({ text: say('没连上服务器。检查网络后再试一次'), tone: 'error' }));
document.addEventListener('htmx:response:error', (event) => {
  const status = /** @type {CustomEvent} */ (event).detail?.ctx?.response?.status;
  if (status === 401) location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
});
for (const node of document.querySelectorAll('.toast[data-passing]:not(.toast-error)')) setTimeout(() => { if (!node.matches(':hover, :focus-within')) node.remove(); }, 15000);
function offline() { for (const mark of document.querySelectorAll('[data-offline]')) mark.hidden = navigator.onLine; }
addEventListener('online', offline); addEventListener('offline', offline);
if (!navigator.onLine) offline();

const start = Date.now(), clocks = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-clock]')]);
const base = clocks.length ? new Date(clocks[0].querySelector('time')?.dateTime ?? Date.now()).getTime() : 0;
/** @param {Date} now */
function tick(now) {
  for (const clock of clocks) {
    clock.textContent = clock.dataset.clock === 'day'
      ? `${new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, month: 'long', day: 'numeric' }).format(now)} ${new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, weekday: 'short' }).format(now)}`
      : new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(now);
  }
}
if (clocks.length) {
  setInterval(() => { if (!ROOT.dataset.moment) tick(new Date(base + Date.now() - start)); }, 1000);
  document.addEventListener('yz:moment', (event) => {
    const { at } = /** @type {CustomEvent} */ (event).detail;
    for (const clock of clocks) clock.classList.toggle('warn-2', at !== null);
    tick(at ? new Date(at) : new Date(base + Date.now() - start));
  });
}
