/**
 * <form data-outbox="report|task" data-subject data-title data-what>: a submission is on the phone's disk before it is on
 * the line. Where the house answers at once, all is as without a script; where it does not, it waits in 待发件箱.
 * data-after="sign"  a form that is shown once that act waits: what comes after it on the spot
 */
import { element, icon, toast } from '../look/shell.mjs';
import { photosOf } from '../look/photos.mjs';
import { uuid7 } from './rules.mjs';
import { drop, entries, Full, keep, meta, seal, sealWords, tell, thinPages } from './store.mjs';
import { sendNow, whoIsHere } from './sender.mjs';

export const able = () => Boolean(globalThis.isSecureContext && navigator.locks && globalThis.indexedDB && crypto.subtle && globalThis.caches);
export const ownerHere = () => document.querySelector('meta[name="yz-owner"]')?.content ?? '';
const OUTBOX = '/app/outbox/', ACTS = { report: '上报', sign: '签收', done: '反馈办结', verify: '核查', note: '留作记录' };
const newKey = () => uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));

let again = false; // the form was drawn again for the same submission: same key

/** The login's key, from the disk or from the house; null where neither has it. */
export async function keyHere() {
  const owner = ownerHere();
  if (owner && (await meta('owner')) === owner) { const key = await meta('key'); if (key) return key; }
  const here = await whoIsHere();
  return here.status === 200 && here.who.owner === owner ? here.key : null;
}

/** Put a submission on the disk. @returns {Promise<number>} its place; `Full` where there is no room even after tidying */
export async function enqueue({ key, owner, id, target, subject = '', act, title, fields, photos, replaces }) {
  const sealed = [];
  for (const file of photos) sealed.push(file instanceof File ? { name: file.name, size: file.size, ...(await seal(key, await file.arrayBuffer())) } : file);
  const one = { id, owner, subject, act, target, state: 'waiting', attempts: 0, due: 0, made: Date.now(), photos: sealed, words: await sealWords(key, { title, fields }) };
  if (replaces) Object.assign(one, { n: replaces.n, made: replaces.made });
  navigator.storage?.persist?.().catch(() => false);
  try { return await keep(one); } catch (problem) {
    if (!(problem instanceof Full)) throw problem;
    await thinPages(); // pages come again, what a person wrote does not
    for (const old of await entries(owner)) if (old.state === 'sent') await drop(old.n);
    return keep(one);
  }
}
/** Ask the browser to come back to it with the network, even with the page closed. */
export async function comeBack() {
  tell();
  try { await (await navigator.serviceWorker?.ready)?.sync?.register('outbox'); } catch { /* no Background Sync: pages send when they are opened, seen or online */ }
}

/** @param {HTMLFormElement} form @param {HTMLElement|null} button */
async function take(form, button) {
  const file = form.querySelector('[data-photos]'), body = new FormData(form, button);
  body.delete('photos'); body.delete('csrfmiddlewaretoken');
  const fields = [...body.entries()].map(([name, value]) => [name, String(value)]), act = body.get('act') || 'report';
  const key = await keyHere();
  if (!key) throw new Error('no key');
  const words = form.dataset.title || String(body.get('text') ?? '').slice(0, 60);
  const target = new URL(form.getAttribute('action') || location.pathname, location.href).pathname;
  const id = form.elements.namedItem('key').value;
  return { act, n: await enqueue({ key, owner: ownerHere(), id, target, subject: form.dataset.subject, act, title: words, fields, photos: file ? photosOf(file) : [] }) };
}

/** The house has drawn the form again (something is missing, or "is it this one?"): take it back to the page. */
async function redraw(html, form, n) {
  const page = new DOMParser().parseFromString(html, 'text/html'), main = page.querySelector('#main');
  if (!main?.querySelector(`form[data-outbox="${form.dataset.outbox}"]`)) return false; // not our page: a network's own
  document.querySelector('#main').replaceChildren(...document.adoptNode(main).childNodes);
  await drop(n); tell();
  again = true;
  document.dispatchEvent(new CustomEvent('htmx:after:swap'));
  document.querySelector('#main [role="alert"], #main form section')?.scrollIntoView({ block: 'center' });
  return true;
}

/** @param {HTMLFormElement} form @param {SubmitEvent} event */
async function submit(form, event) {
  const buttons = [...form.querySelectorAll('button:not([type="button"])')];
  for (const one of buttons) one.setAttribute('aria-busy', 'true');
  form.dataset.busy = '';
  let kept;
  try { kept = await take(form, event.submitter); } catch (problem) {
    delete form.dataset.busy; for (const one of buttons) one.removeAttribute('aria-busy');
    if (problem instanceof Full) return toast({ text: '手机存储空间满了，这条没有存下，内容还在页面上。请清理手机空间或少带几张照片，再点一次', tone: 'error' });
    if (navigator.onLine) { form.dataset.native = ''; return form.requestSubmit(event.submitter); }
    return toast({ text: '没有网络，这台手机也还不能离线存（要先联网打开一次）。内容还在页面上，联网后再提交', tone: 'error' });
  }
  const answer = navigator.onLine ? await sendNow(kept.n) : { to: 'waiting' };
  if (answer.to === 'sent') return location.assign(answer.href);
  if (answer.to === 'page' && await redraw(answer.html, form, kept.n)) return undefined;
  await comeBack();
  if (kept.act === 'sign' && (answer.to === 'waiting' || answer.busy)) return afterwards(form);
  return location.assign(`${OUTBOX}#n${kept.n}`);
}

/** Signing waits: go on working on the spot. */
function afterwards(form) {
  const next = document.querySelector('form[data-after="sign"]');
  form.hidden = true;
  if (!document.querySelector('[data-waits]')) form.before(element('p', { class: 'note note-4', 'data-waits': '', role: 'status' }, icon('clock'), element('span', {}, '签收已存在手机里，联网后自动发送。可以接着处置。')));
  if (next) next.hidden = false;
}

/** @param {HTMLFormElement} form */
function equip(form) {
  form.setAttribute('data-kept', '');
  if (!able()) return;
  if (!again) form.elements.namedItem('key').value = newKey(); // a page kept for offline use must not use its key twice
  form.addEventListener('submit', (event) => {
    if ('native' in form.dataset) return;
    event.preventDefault();
    if (!('busy' in form.dataset)) submit(form, event);
  });
}

/** What waits for the matter of this page is said on it. */
async function tellWaiting() {
  const form = document.querySelector('form[data-outbox][data-subject]'), subject = form?.dataset.subject;
  if (!subject) return;
  const waiting = (await entries(ownerHere())).filter((one) => one.subject === subject && !['sent', 'dropped'].includes(one.state));
  if (!waiting.length) return;
  const last = waiting.at(-1);
  form.closest('#main').querySelector('article')?.after(element('a', { class: 'note note-4', href: `${OUTBOX}#n${last.n}`, 'data-waits': '' }, icon('clock'),
    element('span', {}, `这件事有 ${waiting.length} 条还没发出（${waiting.map((one) => ACTS[one.act] ?? one.act).join('、')}），点这里看待发件箱`)));
  if (waiting.some((one) => one.act === 'sign')) afterwards(document.querySelector('form[data-outbox="task"]'));
  if (waiting.some((one) => one.act === 'done' || one.act === 'verify')) for (const one of document.querySelectorAll('form[data-outbox="task"]')) one.hidden = true;
}

export { ACTS, newKey };
function start() { for (const form of document.querySelectorAll('form[data-outbox]:not([data-kept])')) equip(/** @type {HTMLFormElement} */ (form)); }
/** Called once by phone.mjs. */
export function startCapture() {
  start(); document.addEventListener('htmx:after:swap', start);
  if (able()) tellWaiting();
  addEventListener('pageshow', (event) => { if (event.persisted && document.querySelector('form[data-outbox]')) location.reload(); });
}
