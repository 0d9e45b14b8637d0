/**
 * What the phone keeps: IndexedDB `yz-phone` with `entries` (by n, in order of writing) and `meta` (owner, key, blocked).
 * Words, answers and photographs are sealed by AES-GCM with the login's key, which the house gives and sign-out drops.
 */
import { KEEP_SENT } from './rules.mjs';
const NAME = 'yz-phone';
export const CHANNEL = 'yz-outbox';
export class Full extends Error {}

/** @type {Promise<IDBDatabase>|null} */
let opened = null;
function base() {
  opened ??= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('entries', { keyPath: 'n', autoIncrement: true }).createIndex('id', 'id', { unique: true });
      asked.result.createObjectStore('meta');
    };
    asked.onsuccess = () => { asked.result.onversionchange = () => { asked.result.close(); opened = null; }; done(asked.result); };
    asked.onerror = () => { opened = null; fail(asked.error); };
  });
  return opened;
}
/** One transaction; resolved when it is on disk. @param {string} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest|void} work */
async function within(store, mode, work) {
  const transaction = (await base()).transaction(store, mode, { durability: 'strict' });
  return new Promise((done, fail) => {
    const request = work(transaction.objectStore(store));
    const failed = () => fail(transaction.error?.name === 'QuotaExceededError' ? new Full() : transaction.error ?? new Error('IndexedDB'));
    transaction.oncomplete = () => done(request ? request.result : undefined);
    transaction.onerror = failed; transaction.onabort = failed;
  });
}
export const meta = (name) => within('meta', 'readonly', (store) => store.get(name));
export const setMeta = (name, value) => within('meta', 'readwrite', (store) => { if (value === undefined) store.delete(name); else store.put(value, name); });
/** @returns {Promise<Array<object>>} entries of a login, in order of writing */
export const entries = async (owner) => (await within('entries', 'readonly', (store) => store.getAll())).filter((one) => one.owner === owner);
export const entry = (n) => within('entries', 'readonly', (store) => store.get(n));
/** @returns {Promise<number>} its place; `Full` where the phone has no room */
export const keep = (one) => within('entries', 'readwrite', (store) => store.put(one));
export const drop = (n) => within('entries', 'readwrite', (store) => { store.delete(n); });

/** @param {string} hex 32 bytes @returns {Promise<CryptoKey>} not extractable */
export const makeKey = (hex) => crypto.subtle.importKey('raw', Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16)), 'AES-GCM', false, ['encrypt', 'decrypt']);
/** @param {CryptoKey} key @param {BufferSource} plain */
export async function seal(key, plain) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, body: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain) };
}
export const unseal = (key, { iv, body }) => crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, body);
export const sealWords = (key, words) => seal(key, new TextEncoder().encode(JSON.stringify(words)));
export const readWords = async (key, sealed) => JSON.parse(new TextDecoder().decode(await unseal(key, sealed)));

/** Tell every page and the service worker that something has changed. */
export function tell(what = 'changed') { const channel = new BroadcastChannel(CHANNEL); channel.postMessage(what); channel.close(); }

/** What was sent days ago goes, with its photographs before that. */
export async function prune(owner, now) {
  for (const one of await entries(owner)) if (one.state === 'sent' && now - (one.sentAt ?? one.made) > KEEP_SENT) await drop(one.n);
}

/** A login is here: its key is kept, another one's key and pages go. @returns {Promise<CryptoKey>} */
export async function welcome({ owner, key: hex, visit }) {
  const before = await meta('owner');
  if (before !== owner) await forget();
  let key = await meta('key');
  if (!key) { key = await makeKey(hex); await setMeta('key', key); }
  await setMeta('owner', owner); await setMeta('visit', visit);
  return key;
}
/** The kept pages of everybody but `owner` go. */
export async function clearPages(owner = '') {
  for (const name of await caches.keys()) if (name.startsWith('pages-') && name !== `pages-${owner}`) await caches.delete(name);
}
/** Make room: kept pages and photographs go, but for the form and the outbox. */
export async function thinPages() {
  for (const name of (await caches.keys()).filter((one) => one.startsWith('pages-'))) {
    const cache = await caches.open(name);
    for (const kept of await cache.keys()) if (!['/app/outbox/', '/app/report/'].includes(new URL(kept.url).pathname)) await cache.delete(kept);
  }
}
/** Signed out, or somebody else came: pages and key go; what waits stays, sealed. */
export async function forget() {
  await clearPages();
  await setMeta('key', undefined); await setMeta('owner', undefined); await setMeta('blocked', undefined);
}
