/**
 * The bell: <a data-bell href="/desk/inbox/" data-live-topics="inbox.<person> inbox.<unit>"> with .count inside.
 * A live message on such a topic says only that there is something; number and words are asked for by right at
 * /desk/inbox/count: {"count": 3, "latest": {"text", "href"}|null}.
 */
import { element, icon, say } from './shell.mjs';
const bell = /** @type {HTMLElement|null} */ (document.querySelector('[data-bell]'));
let timer = 0;

/** @param {boolean} aloud whether the newest message is also shown */
async function look(aloud) {
  const answer = await fetch('/desk/inbox/count', { headers: { Accept: 'application/json' } }).catch(() => null);
  if (!answer?.ok || !bell) return;
  const { count, latest } = await answer.json(), mark = bell.querySelector('.count');
  mark.textContent = count > 99 ? '99+' : String(count);
  mark.hidden = count === 0;
  bell.setAttribute('aria-label', `${say('消息')} ${count}`);
  if (aloud && latest) show(latest);
}
/** @param {{text: string, href: string}} latest */
function show({ text, href }) {
  const shut = element('button', { class: 'btn btn-icon', type: 'button', 'data-close': '', 'aria-label': say('知道了') }, icon('x'));
  const node = element('div', { class: 'toast' }, icon('bell'), element('a', { class: 'grow', href }, text), shut);
  document.querySelector('.toasts')?.append(node);
  setTimeout(() => { if (!node.matches(':hover, :focus-within')) node.remove(); }, 10000);
}
document.addEventListener('yz:live', (event) => {
  const { topic } = /** @type {CustomEvent} */ (event).detail;
  if (!topic?.startsWith('inbox.')) return;
  clearTimeout(timer);
  timer = setTimeout(() => look(true), 300); // several at once are one look
});
document.addEventListener('yz:back', () => look(false));
