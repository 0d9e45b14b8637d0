/**
 * Ctrl-K: search everything. <button data-palette="/desk/search"> opens it too.
 * GET <address>?q= with Accept: application/json answers
 *   {"groups": [{"title": "事件", "items": [{"title", "href", "meta"?, "icon"?, "level"?}]}]}; an empty q gives the frequent ones.
 */
import { element, icon, say } from './shell.mjs';
const opener = /** @type {HTMLElement|null} */ (document.querySelector('[data-palette]'));
let /** @type {HTMLDialogElement|null} */ dialog = null, timer = 0, chosen = 0, round = 0;

function build() {
  const input = element('input', { type: 'search', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'palette-list', 'aria-label': say('搜索事件、操作、指标、地点'), autocomplete: 'off' });
  const list = element('div', { role: 'listbox', id: 'palette-list', 'aria-label': say('结果') });
  const foot = element('div', { class: 'foot meta' }, say('↑ ↓ 选择　回车 打开　Esc 关闭'));
  dialog = /** @type {HTMLDialogElement} */ (element('dialog', { class: 'palette', 'aria-label': say('搜索') }, element('div', { class: 'bigsearch' }, icon('search'), input), list, foot));
  document.body.append(dialog);
  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(() => ask(/** @type {HTMLInputElement} */ (input).value), 120); });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    const all = options();
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); choose((chosen + (event.key === 'ArrowDown' ? 1 : all.length - 1)) % Math.max(1, all.length)); }
    if (event.key === 'Enter') { event.preventDefault(); all[chosen]?.click(); }
    if (event.key === 'Escape') { event.preventDefault(); dialog.close(); } // a search field would only empty itself
  });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
}
/** @returns {HTMLElement[]} */
const options = () => [...dialog.querySelectorAll('[role="option"]')];
/** @param {number} index */
function choose(index) {
  chosen = index;
  options().forEach((option, i) => option.setAttribute('aria-selected', String(i === index)));
  const active = options()[index];
  active?.scrollIntoView({ block: 'nearest' });
  dialog.querySelector('input').setAttribute('aria-activedescendant', active?.id ?? '');
}
/** @param {string} q */
async function ask(q) {
  const mine = ++round, list = dialog.querySelector('[role="listbox"]'), url = new URL(opener?.dataset.palette ?? '/desk/search', location.href);
  url.searchParams.set('q', q);
  let groups;
  try {
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new Error(String(answer.status));
    ({ groups } = await answer.json());
  } catch { if (mine === round) list.replaceChildren(element('p', { class: 'meta cap' }, say('没连上搜索，稍后再试'))); return; }
  if (mine !== round) return;
  list.replaceChildren();
  let number = 0;
  for (const group of groups) {
    const title = say(group.title);
    const section = element('div', { role: 'group', 'aria-label': title }, element('p', { class: 'meta cap', 'aria-hidden': 'true' }, group.href ? element('a', { href: group.href, tabindex: '-1' }, title) : title));
    for (const item of group.items) {
      const option = element('a', { role: 'option', href: item.href, id: `palette-${number++}`, tabindex: '-1', 'aria-selected': 'false' }, icon(item.icon ?? 'right'), element('span', { class: 'grow clip' }, item.title), element('span', { class: 'meta' }, item.meta ?? ''));
      section.append(option);
    }
    list.append(section);
  }
  if (!number) list.append(element('p', { class: 'meta cap' }, q ? say('没有找到「{q}」。换个说法，或输入编号', { q }) : say('输入编号、名称、地点或要做的事')));
  choose(0);
}
export function open() {
  if (!dialog) build();
  if (dialog.open) return;
  dialog.showModal();
  const input = dialog.querySelector('input'); input.value = ''; input.focus();
  ask('');
}
opener?.addEventListener('click', open);
document.addEventListener('keydown', (event) => { if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') { event.preventDefault(); open(); } });
