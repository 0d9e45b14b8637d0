/**
 * The outbox's rules, without browser or clock: what may follow what, which entry is next, how long to wait, what an
 * answer of the house means. An entry: {n, id, owner, subject, state, attempts, due, made, at?}; times in ms.
 */

/** State machine: an entry ends as sent, as a conflict that a person settles, or as a refusal with its reason. */
export const MOVES = {
  waiting: ['sending', 'dropped'],
  sending: ['sent', 'waiting', 'conflict', 'refused'],
  conflict: ['waiting', 'dropped'],
  refused: ['waiting', 'dropped'],
  sent: ['dropped'],
  dropped: [],
};
export const FIRST_PAUSE = 2_000, LONGEST_PAUSE = 10 * 60_000, AS_GOOD_AS_NOW = 5 * 60_000, KEEP_SENT = 3 * 86_400_000;

/** @template {{state: string}} E @param {E} entry @param {string} to @param {Partial<E>} more @returns {E}; throws for a move that cannot be */
export function moved(entry, to, more = {}) {
  if (!MOVES[entry.state]?.includes(to)) throw new Error(`outbox: ${entry.state} -> ${to}`);
  return { ...entry, ...more, state: to };
}

/** @param {number} attempts failed so far, from 1 @param {number} dice in [0, 1) @returns {number} ms, doubling, between half and whole so that phones do not come together */
export const pause = (attempts, dice) => Math.round(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempts - 1, 20)) * (0.5 + dice / 2));

/**
 * The entry to send now: the oldest whose time has come and before whose like (same subject) nothing waits.
 * @param {Array<object>} entries of one owner, any order @param {number} now
 * @returns {{entry?: object, wait?: number}} `wait`: ms until one comes due; neither: nothing to send
 */
export function next(entries, now) {
  const held = new Set();
  let wait = Infinity;
  for (const entry of [...entries].sort((a, b) => a.n - b.n)) {
    const mine = entry.subject ? held.has(entry.subject) : false;
    if ((entry.state === 'waiting' || entry.state === 'sending') && !mine) {
      if (entry.due <= now) return { entry };
      wait = Math.min(wait, entry.due - now);
    }
    if (entry.subject && entry.state !== 'sent' && entry.state !== 'dropped') held.add(entry.subject);
  }
  return wait === Infinity ? {} : { wait };
}

/** @param {Array<object>} entries @param {object} entry @returns {object|undefined} the earlier one on the same matter that this one waits for */
export const holder = (entries, entry) => entry.subject
  ? entries.filter((one) => one.subject === entry.subject && one.n < entry.n && !['sent', 'dropped'].includes(one.state)).sort((a, b) => a.n - b.n)[0]
  : undefined;

/**
 * What an answer means.
 * @param {{status: number, document: object|null, retryAfter?: number}} answer status 0: no answer; document: its JSON, null where it was none
 * @returns {{to: string, stop: boolean, blocked?: string, why?: object, pause?: number}} `stop`: the line or the login fails, do not try the others
 */
export function verdict({ status, document, retryAfter = 0 }) {
  const why = document && { code: document.code ?? '', title: document.title ?? '', remedy: document.detail ?? '' };
  const again = (title, remedy, stop = true) => ({ to: 'waiting', stop, pause: retryAfter * 1000, why: { code: 'line', title, remedy } });
  if (status === 0) return again('没有连上服务器', '有网络后会自动发送');
  if (status >= 200 && status < 300) return document?.sent === true ? { to: 'sent', stop: false } : again('连上的网络没有通到服务器', '可能是要先登录的公共 WiFi；登录它或换用流量后会自动发送');
  if (status === 401) return { to: 'waiting', stop: true, blocked: 'login', why: why ?? { code: 'login', title: '登录已过期', remedy: '重新登录后会自动接着发送' } };
  if (status === 409 && document?.code === 'other_person') return { to: 'waiting', stop: true, blocked: 'other', why };
  if (status === 409 && document?.code === 'conflict') return { to: 'conflict', stop: false, why };
  if (status === 408 || status === 425 || status === 429) return again(why?.title || '服务器正忙', why?.remedy || '过一会儿会自动再发');
  if (status >= 500) return again('服务器暂时不能办理', '过一会儿会自动再发', status !== 500);
  if (!why) return again(status === 403 ? '表单口令过期' : '网络中间有设备拦下了这条', '会换新口令自动再发', false);
  return { to: 'refused', stop: false, why };
}

/** @param {Array<object>} entries @returns {{waiting: number, sending: number, sent: number, conflict: number, refused: number, open: number}} */
export function counts(entries) {
  const found = { waiting: 0, sending: 0, sent: 0, conflict: 0, refused: 0, open: 0 };
  for (const { state } of entries) if (state in found) found[state] += 1;
  found.open = found.waiting + found.sending + found.conflict + found.refused;
  return found;
}

/**
 * The house's time of writing. The phone's clock may be wrong, its steps are right: the age is taken off the house's time.
 * @returns {string} ISO 8601, or nothing where it is as good as now or the phone's clock was turned meanwhile
 */
export function writtenAt(made, deviceNow, houseNow) {
  const age = deviceNow - made;
  return age < AS_GOOD_AS_NOW || age > 7 * 86_400_000 ? '' : new Date(houseNow - age).toISOString();
}

/** UUIDv7 (RFC 9562) @param {number} now ms @param {Uint8Array} random 10 bytes @returns {string} */
export function uuid7(now, random) {
  const bytes = new Uint8Array(16);
  for (let n = 0, left = now; n < 6; n += 1, left = Math.floor(left / 256)) bytes[5 - n] = left % 256;
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70; bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
