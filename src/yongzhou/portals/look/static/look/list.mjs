/**
 * Lists by keyboard and mouse. <table class="table" data-list data-panel="#panel">
 *   tr[data-href="/page/of/record"] [data-panel-href="fragment for the side panel"], td input.check[name="id"]
 * j/k or arrows move, Enter opens the page, o or click opens the side panel, space selects, a selects all, Esc closes
 * the panel, ? shows the keys (<dialog id="keys">, made when absent). `[data-bulk]` is the table's head bar:
 * [data-bulk-count] shows how many (data-one with {n}, data-none), [data-bulk-all] selects all of the page, [data-bulk-filter]
 * all of the filter, [data-bulk-none] none; its buttons show only while something is selected.
 */
import { element, isTyping, say } from './shell.mjs';
const KEYS = [['J K', '上一条、下一条'], ['回车', '打开整页'], ['O', '打开侧栏'], ['空格', '选择'], ['A', '全选或取消'], ['Esc', '关闭侧栏'], ['/', '搜索本页'], ['Ctrl K', '搜索一切'], ['?', '这张按键表']];

function showKeys() {
  let dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById('keys'));
  if (!dialog) {
    const list = element('dl', { class: 'keys card-body' });
    for (const [key, text] of KEYS) list.append(element('dt', {}, element('span', { class: 'kbd' }, say(key))), element('dd', {}, say(text)));
    dialog = /** @type {HTMLDialogElement} */ (element('dialog', { id: 'keys', 'aria-label': say('按键') }, element('div', { class: 'card-head' }, element('h2', {}, say('按键')), element('button', { class: 'btn btn-text push', type: 'button', 'data-close': '' }, say('关闭'))), list));
    document.body.append(dialog);
  }
  dialog.showModal();
}

/** @param {HTMLTableElement} table */
function equip(table) {
  const panel = table.dataset.panel ? document.querySelector(table.dataset.panel) : null;
  const rows = () => /** @type {HTMLTableRowElement[]} */ ([...table.tBodies[0].rows].filter((row) => row.dataset.href));
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...table.querySelectorAll('tbody input.check')]);
  const bulk = table.closest('section, .card')?.querySelector('[data-bulk]');
  let current = -1;

  function tally() {
    const all = boxes(), chosen = all.filter((box) => box.checked);
    for (const box of all) { const row = box.closest('tr'); if (box.checked) row.setAttribute('data-chosen', ''); else row.removeAttribute('data-chosen'); }
    if (!bulk) return;
    const whole = /** @type {HTMLInputElement|null} */ (bulk.querySelector('[data-bulk-filter]')), any = chosen.length > 0 || Boolean(whole?.checked);
    bulk.classList.toggle('bulk-idle', !any);
    const head = /** @type {HTMLInputElement|null} */ (bulk.querySelector('[data-bulk-all]'));
    if (head) { head.checked = chosen.length > 0 && chosen.length === all.length; head.indeterminate = chosen.length > 0 && chosen.length < all.length; }
    const count = bulk.querySelector('[data-bulk-count]');
    if (count) count.textContent = chosen.length ? (count.dataset.one ?? '{n}').replace('{n}', String(chosen.length)) : count.dataset.none ?? '';
    for (const button of bulk.querySelectorAll('button, details')) button.hidden = !any;
  }
  /** @param {number} index */
  function go(index) {
    const all = rows();
    if (!all.length) return;
    current = Math.max(0, Math.min(all.length - 1, index));
    all.forEach((row, i) => row.setAttribute('tabindex', i === current ? '0' : '-1'));
    all[current].focus({ preventScroll: true });
    all[current].scrollIntoView({ block: 'nearest' });
  }
  /** @param {HTMLTableRowElement} row */
  function openPanel(row) {
    const url = row.dataset.panelHref;
    if (!panel || !url || !globalThis.htmx || (panel.childElementCount && getComputedStyle(panel).display === 'none')) return location.assign(row.dataset.href);
    for (const other of rows()) { other.classList.toggle('open', other === row); if (other === row) other.setAttribute('aria-current', 'true'); else other.removeAttribute('aria-current'); }
    globalThis.htmx.ajax('GET', url, { target: panel, swap: 'innerHTML' });
    const address = new URL(location.href); address.searchParams.set('open', row.dataset.href); history.replaceState(history.state, '', address);
  }
  function closePanel() { panel?.replaceChildren(); for (const row of rows()) { row.classList.remove('open'); row.removeAttribute('aria-current'); } const address = new URL(location.href); address.searchParams.delete('open'); history.replaceState(history.state, '', address); }
  function all() { const every = boxes(), on = every.some((box) => !box.checked); for (const box of every) box.checked = on; tally(); }

  table.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target), row = /** @type {HTMLTableRowElement|null} */ (target.closest('tr[data-href]'));
    if (!row || target.closest('a, button, input, label, summary')) return;
    current = rows().indexOf(row); openPanel(row);
  });
  table.addEventListener('change', tally);
  bulk?.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest('[data-bulk-all]')) all();
    if (target.closest('[data-bulk-filter]')) tally();
    if (target.closest('[data-bulk-none]')) { const whole = bulk.querySelector('[data-bulk-filter]'); if (whole) whole.checked = false; for (const box of boxes()) box.checked = false; tally(); }
  });
  document.addEventListener('keydown', (event) => {
    if (isTyping(event) || document.querySelector('dialog[open]')) return;
    const focused = document.activeElement, row = rows()[current], own = !focused || focused === document.body || table.contains(focused);
    if (event.key === 'j' || (event.key === 'ArrowDown' && own && row)) { event.preventDefault(); go(current + 1); }
    else if (event.key === 'k' || (event.key === 'ArrowUp' && own && row)) { event.preventDefault(); go(current - 1); }
    else if (event.key === 'Enter' && focused === row && row) location.assign(row.dataset.href);
    else if (event.key === 'o' && row) openPanel(row);
    else if (event.key === ' ' && focused === row && row) { event.preventDefault(); const box = /** @type {HTMLInputElement|null} */ (row.querySelector('input.check')); if (box) { box.checked = !box.checked; tally(); } }
    else if (event.key === 'a' && own) all();
    else if (event.key === 'Escape' && panel?.childElementCount) closePanel();
  });
  tally();
}
document.addEventListener('keydown', (event) => { if (event.key === '?' && !isTyping(event)) { event.preventDefault(); showKeys(); } });
/** @param {Document|Element} root */
function start(root) { for (const table of root.querySelectorAll('table[data-list]:not([data-ready])')) { table.setAttribute('data-ready', ''); equip(/** @type {HTMLTableElement} */ (table)); } }
start(document);
document.addEventListener('htmx:after:swap', () => start(document));
