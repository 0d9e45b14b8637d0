/**
 * On every page of the phone: registers the service worker, sends what waits (at opening, with the network, on coming
 * back to the page, after growing pauses), says how much waits, tidies up at sign-out.
 */
import { icon } from '../look/shell.mjs';
import { able, comeBack, keyHere, ownerHere, startCapture } from './capture.mjs';
import { counts } from './rules.mjs';
import { CHANNEL, entries, forget, meta, setMeta } from './store.mjs';
import { flush, whoIsHere } from './sender.mjs';

const OUTBOX = '/app/outbox/', banner = document.querySelector('.banner[data-offline]');
const mode = document.cookie.match(/(?:^|; )yz_mode=(elder|phone)/)?.[1];
if (mode) document.documentElement.dataset.mode = mode; // a kept page was drawn in the mode of its time
if (!ownerHere()) banner?.remove(); // the page of having no line says it itself
let timer = 0;
const old = Date.now() - new Date(document.documentElement.dataset.now ?? Date.now()).getTime() > 120_000; // shown from the phone

async function send(hurry = false) {
  clearTimeout(timer);
  const { wait, busy } = await flush({ hurry }).catch(() => ({ wait: 60_000 })); // no room to note its state: nothing is lost, later again
  if (busy) timer = setTimeout(send, 5_000); else if (wait !== undefined) timer = setTimeout(send, Math.min(wait, 60_000));
}

/** The banner: without a line, or with something to settle, or waiting. */
async function tell() {
  const owner = ownerHere();
  if (!banner || !owner) return;
  const number = counts(await entries(owner)), trouble = number.conflict + number.refused, cut = !navigator.onLine;
  const at = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(document.documentElement.dataset.now ?? Date.now()));
  const parts = [cut ? `没有网络${old ? `，这是 ${at} 的内容` : '，可以照常填写'}` : old ? `网络很慢，这是 ${at} 的内容` : '', trouble ? `${trouble} 条要您处理` : '', number.waiting + number.sending ? `${number.waiting + number.sending} 条待发送` : ''].filter(Boolean);
  banner.hidden = !parts.length || location.pathname === OUTBOX;
  banner.querySelector('.grow').textContent = parts.join('；');
  banner.querySelector('use')?.parentNode.replaceWith(icon(cut ? 'offline' : trouble ? 'alert' : 'upload'));
  const entry = document.querySelector('[data-outbox-count]');
  if (entry) { entry.textContent = String(number.open); entry.hidden = !number.open; }
}

/** Sign-out: what was kept for reading goes; what waits stays, sealed, until the same person is back. */
function guardSignOut() {
  const form = document.querySelector('form[action="/logout/"]'), dialog = document.querySelector('#outbox-leave');
  if (!form) return;
  form.addEventListener('submit', async (event) => {
    if (form.dataset.sure !== undefined) return;
    event.preventDefault();
    const left = counts(await entries(ownerHere())).open;
    if (left && dialog) {
      dialog.querySelector('[data-left]').textContent = String(left);
      dialog.returnValue = ''; dialog.showModal();
      await new Promise((done) => dialog.addEventListener('close', done, { once: true }));
      if (dialog.returnValue !== 'leave') return;
    }
    const visit = await meta('visit'), cut = !navigator.onLine;
    await forget();
    if (cut) { await setMeta('leaving', visit); location.replace('/app/offline/'); return; }
    form.dataset.sure = ''; form.requestSubmit();
  });
}

/** What the worker will need on the way: the tasks of the list, the form, the outbox. */
async function warm() {
  const links = [...document.querySelectorAll('#main a[href^="/app/tasks/"]')].map((link) => link.getAttribute('href')).filter((href) => href.length > 12);
  const tabs = [...document.querySelectorAll('.tabbar a')].map((tab) => tab.getAttribute('href')).filter((href) => href !== '/app/messages/'); // opening those reads them
  const worker = (await navigator.serviceWorker.ready).active;
  worker?.postMessage({ warm: [...new Set([OUTBOX, location.pathname, ...tabs, ...links])].slice(0, 16), owner: ownerHere() });
}

if (able()) {
  startCapture(); guardSignOut();
  const known = ownerHere() ? keyHere().catch(() => null) : Promise.resolve(null);
  if (ownerHere()) {
    known.then(() => send(true)).catch(() => {}).finally(tell);
    new BroadcastChannel(CHANNEL).addEventListener('message', tell);
    addEventListener('online', () => { send(true); tell(); });
    addEventListener('offline', tell);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) send(true); else comeBackIfWaiting(); });
    meta('leaving').then((leaving) => { if (leaving) whoIsHere(); });
  }
  if ('serviceWorker' in navigator) register().then(() => known).then(warm).catch(() => {});
} else startCapture();

/** A line that loses its script is asked again. */
async function register(tries = 5) {
  try { await navigator.serviceWorker.register('/app/worker.mjs', { type: 'module', scope: '/app/', updateViaCache: 'none' }); } catch (problem) {
    if (tries <= 1) throw problem;
    await new Promise((done) => setTimeout(done, 2_000));
    await register(tries - 1);
  }
}
async function comeBackIfWaiting() { if (counts(await entries(ownerHere())).waiting) await comeBack(); }
