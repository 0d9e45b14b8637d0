/**
 * Sends what waits, one after another, by one page or the service worker at a time (Web Locks). A submission carries the
 * key made on the phone, so that one whose answer was lost is answered again and never done again.
 */
import { moved, next, pause, verdict, writtenAt } from './rules.mjs';
import { clearPages, entries, entry, forget, keep, meta, prune, readWords, sealWords, setMeta, tell, unseal, welcome } from './store.mjs';

const ASK = 15_000, SEND = 60_000; // ms until the line counts as dead; photographs take their time
const json = async (answer) => ((answer.headers.get('Content-Type') ?? '').includes('json') ? answer.json() : null);

/** @returns {Promise<{status: number, document: object|null, retryAfter?: number, html?: string}>} status 0 where no answer came */
async function ask(address, options, limit) {
  try {
    const answer = await fetch(address, { ...options, redirect: 'follow', cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(limit) });
    const document = await json(answer);
    return { status: answer.status, document, retryAfter: Number(answer.headers.get('Retry-After')) || 0, html: document ? undefined : await answer.text() };
  } catch { return { status: 0, document: null }; }
}

/** Who is signed in now, as the house sees it; a sign-out without a line is made good here. @returns {Promise<{status: number, who?: object, key?: CryptoKey}>} */
export async function whoIsHere() {
  const answer = await ask('/app/who/', { headers: { Accept: 'application/json' } }, ASK);
  if (answer.status === 401) { await clearPages(); return { status: 401 }; }
  const leaving = answer.status === 200 ? await meta('leaving') : undefined;
  if (leaving) {
    if (answer.document?.visit === leaving && (await ask('/logout/', { method: 'POST', headers: { 'X-CSRFToken': answer.document.csrf } }, ASK)).status === 0) return { status: 0 };
    await setMeta('leaving', undefined);
    if (answer.document?.visit === leaving) { await forget(); return { status: 401 }; }
  }
  if (answer.status !== 200 || !answer.document?.owner) return { status: answer.status === 200 ? 0 : answer.status };
  return { status: 200, who: answer.document, key: await welcome(answer.document) };
}

/** Post one entry. `door`: "here" where the person waits (a refusal may come as a page), else "later". */
async function post(one, words, key, who, door) {
  const body = new FormData();
  for (const [name, value] of words.fields) body.append(name, value);
  if (one.at) body.set('made_at', one.at);
  for (const photo of one.photos) body.append('photos', new File([await unseal(key, photo)], photo.name, { type: 'image/jpeg' }));
  const headers = { 'X-CSRFToken': who.csrf, 'Idempotency-Key': one.id, 'X-Outbox': door, 'X-Yz-Owner': one.owner, Accept: door === 'here' ? 'text/html, application/json' : 'application/json' };
  return ask(one.target, { method: 'POST', body, headers }, SEND);
}

/** Send one entry that is ours to send; its new state is on disk before this returns. */
async function send(one, key, who, door) {
  const words = await readWords(key, one.words);
  let now = moved({ ...one, state: one.state === 'sending' ? 'waiting' : one.state }, 'sending');
  if (now.at === undefined) now.at = door === 'here' ? '' : writtenAt(one.made, Date.now(), who.now); // once: every try of a key says the same
  await keep(now); tell();
  const answer = await post(now, words, key, who, door);
  if (door === 'here' && answer.html !== undefined && [200, 413, 422].includes(answer.status)) {
    await keep(moved(now, 'waiting', { due: Date.now() + ASK })); tell(); // the page takes it back to its form
    return { to: 'page', stop: true, html: answer.html };
  }
  const found = verdict(answer), attempts = one.attempts + 1;
  const why = found.why, told = { ...words, why, theirs: answer.document?.theirs, href: answer.document?.href, said: answer.document?.text };
  const due = found.to === 'waiting' && !found.blocked ? Date.now() + Math.max(found.pause ?? 0, pause(attempts, Math.random())) : 0;
  now = moved(now, found.to, { attempts, due, words: await sealWords(key, told), ...(found.to === 'sent' ? { photos: [], sentAt: Date.now() } : {}) });
  await keep(now); tell();
  return { ...found, href: answer.document?.href };
}

/**
 * Send all that may go now.
 * @param {{hurry?: boolean}} options `hurry`: the network has just come back, or a person asks: do not wait for pauses
 * @returns {Promise<{wait?: number, blocked?: string, busy?: boolean}>} `wait`: ms until it is worth coming again
 */
export async function flush({ hurry = false } = {}) {
  return navigator.locks.request('yz-outbox', { ifAvailable: true }, async (lock) => {
    if (!lock) return { busy: true };
    const owner = await meta('owner');
    if (!owner || !next(await entries(owner), Infinity).entry) return {};
    const here = await whoIsHere();
    await setMeta('blocked', here.status === 401 ? 'login' : here.status === 200 && here.who.owner !== owner ? 'other' : undefined);
    if (here.status !== 200) {
      tell(here.status === 0 ? 'line' : 'changed');
      return here.status === 401 ? { blocked: 'login' } : { wait: await later(owner) };
    }
    await setMeta('silent', 0);
    const mine = here.who.owner;
    await prune(mine, Date.now());
    if (hurry) for (const one of await entries(mine)) if (one.state === 'waiting' && one.due) await keep({ ...one, due: 0 });
    for (;;) {
      const found = next(await entries(mine), Date.now());
      if (!found.entry) { tell(); return { wait: found.wait }; }
      const result = await send(found.entry, here.key, here.who, 'later');
      if (result.blocked) { await setMeta('blocked', result.blocked); tell(); return { blocked: result.blocked }; }
      if (result.stop) return { wait: Math.max(1000, next(await entries(mine), Date.now()).wait ?? 1000) };
    }
  });
}
/** Nobody answered at all: growing pauses, counted over pages and closings. */
async function later(owner) {
  const silent = ((await meta('silent')) ?? 0) + 1;
  await setMeta('silent', silent);
  return owner ? pause(silent, Math.random()) : undefined;
}

/** Send one entry while its person waits; `{busy}` where others are before it. */
export async function sendNow(n) {
  return navigator.locks.request('yz-outbox', { ifAvailable: true }, async (lock) => {
    if (!lock) return { busy: true };
    const here = await whoIsHere(), one = await entry(n);
    if (here.status === 401) { await setMeta('blocked', 'login'); return { blocked: 'login' }; }
    if (here.status !== 200) return { to: 'waiting', stop: true };
    if (here.who.owner !== one.owner) { await setMeta('blocked', 'other'); return { blocked: 'other' }; }
    await setMeta('blocked', undefined);
    if (next(await entries(one.owner), Date.now()).entry?.n !== n) return { busy: true };
    return send(one, here.key, here.who, 'here');
  });
}
