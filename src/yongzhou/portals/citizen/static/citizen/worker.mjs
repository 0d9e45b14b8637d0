/**
 * The service worker of /app/. VERSION and SHELL are put before it by the house.
 * shell-<version>: files that are nobody's. pages-<owner>: the last seen pages of the login that is here; the house
 * names the owner on each. Only reading is answered from here; submissions go through the outbox.
 */
import { flush, whoIsHere } from '/static/citizen/sender.mjs';
import { clearPages, meta } from '/static/citizen/store.mjs';

const NOTHING = '/app/offline/', SHELL_CACHE = `shell-${VERSION}`, LONGEST = 3 * 86_400_000; // ms that a page may be old
const PATIENCE = 4_000; // ms before a kept page is shown instead of waiting on
const LATER_FILES = ['/static/', '/cockpit/counties.geojson', '/cockpit/rivers.geojson'];
const pagesOf = (owner) => `pages-${owner}`;

/** On a line that loses one answer in ten, thirty files seldom come at the first try. */
async function stubborn(work, tries = 4) {
  try { return await work(); } catch (problem) { if (tries <= 1) throw problem; }
  await new Promise((done) => setTimeout(done, 500));
  return stubborn(work, tries - 1);
}
self.addEventListener('install', (event) => event.waitUntil((async () => {
  const cache = await caches.open(SHELL_CACHE);
  await Promise.all([NOTHING, ...SHELL].map((address) => stubborn(() => cache.add(new Request(address, { cache: 'no-cache' })))));
  await self.skipWaiting();
})()));
self.addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith('shell-') && name !== SHELL_CACHE) await caches.delete(name);
  await self.clients.claim();
})()));
self.addEventListener('sync', (event) => {
  if (event.tag === 'outbox') event.waitUntil(flush({ hurry: true }).then((done) => { if (done.wait !== undefined && !event.lastChance) throw new Error('still waiting'); }));
});
self.addEventListener('message', (event) => { if (event.data?.warm) event.waitUntil(warm(event.data.warm, event.data.owner)); });

/** Keep a page for its owner; somebody else's pages go when he comes. */
async function keepPage(request, answer) {
  const owner = answer.headers.get('X-Yz-Owner');
  if (!owner || answer.status !== 200 || answer.redirected) return;
  const copy = answer.clone();
  if ((await meta('owner')) !== owner) return; // signed out meanwhile, or not yet known here: the page asks for it again
  await clearPages(owner);
  const content = await copy.blob(), headers = new Headers(copy.headers);
  headers.set('X-Yz-Kept', String(Date.now()));
  try { await (await caches.open(pagesOf(owner))).put(request.url, new Response(content, { status: 200, headers })); } catch { /* no room: the outbox has the first right to it */ }
}
/** @returns {Promise<Response|undefined>} a kept page of the login that is here, not too old */
async function kept(url) {
  const owner = await meta('owner');
  if (!owner || await meta('leaving')) return undefined;
  const cache = await caches.open(pagesOf(owner)), found = await cache.match(url, { ignoreVary: true });
  if (!found || Date.now() - Number(found.headers.get('X-Yz-Kept')) < LONGEST) return found;
  await cache.delete(url);
  return undefined;
}

/** A page: from the house; from here where the line is cut or slow. */
async function page(event) {
  if (await meta('leaving')) await whoIsHere();
  const old = await kept(event.request.url);
  const asked = (async () => (await event.preloadResponse) ?? fetch(event.request))().then((answer) => {
    if (answer.type === 'opaqueredirect') event.waitUntil(whoIsHere()); // perhaps to the login: then the pages go
    event.waitUntil(keepPage(event.request, answer));
    if (answer.status >= 502 && answer.status <= 504 && old) return old;
    return answer;
  });
  const patience = old ? new Promise((done) => setTimeout(() => done(old), PATIENCE)) : new Promise(() => {});
  event.waitUntil(asked.then(() => undefined, () => undefined));
  try { return await Promise.race([asked, patience]); } catch { return old ?? (await caches.match(NOTHING)) ?? Response.error(); }
}
/** A photograph or the map's points: kept with the pages. */
async function mine(event, first) {
  const old = await kept(event.request.url);
  if (old && first) return old;
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keepPage(event.request, answer));
    return answer;
  } catch { return old ?? Response.error(); }
}
/** A file of the shell: the house's, revalidated; the kept one where the line is cut or slow. */
async function file(event) {
  const cache = await caches.open(SHELL_CACHE), old = await cache.match(event.request, { ignoreSearch: true });
  const asked = fetch(event.request).then((answer) => {
    if (answer.status === 200 && answer.type === 'basic') event.waitUntil(cache.put(event.request, answer.clone()).catch(() => undefined));
    return answer;
  });
  event.waitUntil(asked.then(() => undefined, () => undefined));
  if (!old) return asked;
  const quick = SHELL.includes(new URL(event.request.url).pathname) ? 700 : PATIENCE;
  return Promise.race([asked.catch(() => old), new Promise((done) => setTimeout(() => done(old), quick))]);
}

self.addEventListener('fetch', (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  const path = url.pathname;
  if (LATER_FILES.some((start) => path.startsWith(start))) event.respondWith(file(event));
  else if (!path.startsWith('/app/') || path.startsWith('/app/account/') || path === '/app/who/' || path.endsWith('.mjs') || path.endsWith('.webmanifest')) return;
  else if (request.mode === 'navigate') event.respondWith(page(event));
  else if (path.includes('/photo/')) event.respondWith(mine(event, true));
  else if (path.endsWith('.geojson')) event.respondWith(mine(event, false));
});

/** Fetch what the worker has not got or has had for ten minutes, one after another. */
async function warm(paths, owner) {
  if ((await meta('owner')) !== owner) return;
  const cache = await caches.open(pagesOf(owner));
  for (const path of paths) {
    const address = new URL(path, self.location.origin).href, old = await cache.match(address, { ignoreVary: true });
    if (old && Date.now() - Number(old.headers.get('X-Yz-Kept')) < 600_000) continue;
    try { await keepPage(new Request(address), await fetch(address, { redirect: 'manual', credentials: 'same-origin' })); } catch { return; }
  }
}
