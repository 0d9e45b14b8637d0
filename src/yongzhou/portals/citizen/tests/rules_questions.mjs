/** Asked by test_rules.py: argv holds two JPEGs in base64, one with EXIF; answers with one JSON. */
import * as rules from '../static/citizen/rules.mjs';
import * as exif from '../../look/static/look/exif.mjs';
const entry = (n, state, subject = '', due = 0) => ({ n, state, subject, due });
const photo = Uint8Array.from(atob(process.argv[2]), (one) => one.charCodeAt(0));
const plain = Uint8Array.from(atob(process.argv[3]), (one) => one.charCodeAt(0));
const app1 = exif.segment(photo);
const thrown = (fn) => { try { fn(); return false; } catch { return true; } };
const chain = (...states) => thrown(() => states.slice(1).reduce((one, to) => rules.moved(one, to), { state: states[0] }));
let broken = 0;
for (let n = 0; n < app1.length; n += 1) { const bad = app1.slice(); bad[n] ^= 0xff; exif.claims(bad); exif.carry(plain, bad); broken += 1; }
for (let n = 0; n < 400; n += 1) exif.segment(photo.slice(0, n));
const verdict = (status, document = null) => rules.verdict({ status, document });
console.log(JSON.stringify({
  oldest: rules.next([entry(3, 'waiting'), entry(1, 'sent'), entry(2, 'waiting')], 0).entry.n,
  orphan: rules.next([entry(1, 'sending'), entry(2, 'waiting')], 0).entry.n,
  past_conflict: rules.next([entry(1, 'conflict', 'a'), entry(2, 'waiting', 'a'), entry(3, 'waiting', 'b')], 0).entry.n,
  behind_pause: rules.next([entry(1, 'waiting', 'a', 50), entry(2, 'waiting', 'a')], 20),
  after_sent: rules.next([entry(1, 'sent', 'a'), entry(2, 'waiting', 'a')], 0).entry.n,
  nothing: rules.next([entry(1, 'refused')], 0),
  pauses: [1, 2, 3, 30].map((n) => [rules.pause(n, 0), rules.pause(n, 1)]),
  moves: { through: chain('waiting', 'sending', 'waiting', 'sending', 'sent'), settled: chain('conflict', 'waiting'),
    back: chain('sent', 'waiting'), skipped: chain('waiting', 'sent'), erased: chain('sending', 'dropped') },
  verdicts: { none: verdict(0), wifi: verdict(200), sent: verdict(200, { sent: true }), login: verdict(401, {}), csrf: verdict(403),
    right: verdict(403, { title: '没有权限' }), clash: verdict(409, { code: 'conflict', title: '变了' }), used: verdict(409, { code: 'key_reused', title: '用过' }),
    other: verdict(409, { code: 'other_person' }), busy: rules.verdict({ status: 429, document: {}, retryAfter: 7 }), broken: verdict(500), down: verdict(503) },
  counts: rules.counts([entry(1, 'waiting'), entry(2, 'conflict'), entry(3, 'sent'), entry(4, 'dropped')]),
  written: [rules.writtenAt(1000, 1000 + 3.6e6, 1.78e12), rules.writtenAt(5000, 9000, 1.78e12), rules.writtenAt(9e12, 0, 1.78e12)],
  uuid: rules.uuid7(0x0123456789ab, new Uint8Array(10).fill(0xff)),
  claims: exif.claims(app1), size: exif.size(photo), none: exif.segment(plain), broken,
  carried: btoa(String.fromCharCode(...exif.carry(plain, app1))),
}));
