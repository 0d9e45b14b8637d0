/**
 * 待发件箱: [data-outbox-list] shows what this login has on this phone: what, since when, why it is not there yet, and
 * how to mend it. A conflict shows mine and theirs, and a person settles it: adapt and send, keep as a note, or drop.
 */
import { element, icon, say, toast, ZONE } from '../look/shell.mjs';
import { ACTS, able, comeBack, enqueue, keyHere, newKey, ownerHere } from './capture.mjs';
import { equipPhotos, photosOf } from '../look/photos.mjs';
import { counts, holder, moved } from './rules.mjs';
import { CHANNEL, drop, entries, keep, meta, readWords, tell, unseal } from './store.mjs';
import { flush } from './sender.mjs';

const NAMES = { waiting: ['待发送', 'clock'], sending: ['正在发送', 'upload'], sent: ['已送达', 'check'], conflict: ['有冲突', 'alert'], refused: ['没有收下', 'alert'] };
const list = document.querySelector('[data-outbox-list]'), head = document.querySelector('[data-outbox-head]');
const day = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false });
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
const field = (words, name) => words.fields.find(([one]) => one === name)?.[1] ?? '';
const button = (text, act, classes = 'btn', mark = '') => { const node = element('button', { class: classes, type: 'button' }, ...(mark ? [icon(mark)] : []), say(text)); node.addEventListener('click', act); return node; };
/** @type {Array<string>} addresses of shown photographs */
let shown = [], key = null, editing = 0;

/** @param {object} one @param {object} words what was opened @param {object[]} all */
function why(one, words, all) {
  const before = holder(all, one);
  if (one.state === 'waiting' && before) return ['先等同一件事的上一条处理完', before.state === 'waiting' ? '上一条发出后自动发送' : '请先处理上面那一条'];
  if (one.state === 'waiting') {
    const seconds = Math.ceil((one.due - Date.now()) / 1000);
    const when = seconds > 0 ? `约 ${seconds < 90 ? `${seconds} 秒` : `${Math.round(seconds / 60)} 分钟`}后再试` : '';
    return words.why ? [words.why.title, [words.why.remedy, when].filter(Boolean).join('；')] : ['已存在这台手机里', '有网络就自动发送，关掉页面也不会丢'];
  }
  if (one.state === 'sending') return ['正在发送', '中断了也不会重复，会接着发'];
  if (one.state === 'sent') return [words.said || '已送达', ''];
  return [words.why?.title ?? '', words.why?.remedy ?? ''];
}

async function pictures(one) {
  const row = element('p', { class: 'row wrap' });
  for (const [n, photo] of one.photos.entries()) {
    const address = URL.createObjectURL(new Blob([await unseal(key, photo)], { type: 'image/jpeg' }));
    shown.push(address);
    row.append(element('img', { class: 'thumb', src: address, width: '96', height: '96', alt: `我拍的照片 ${n + 1}` }));
  }
  return row;
}

/** Mine and theirs, side by side where there is room. */
function both(one, words) {
  const theirs = words.theirs ?? { steps: [], state_name: '' };
  const others = theirs.steps.map((step) => element('p', {}, element('span', { class: 'strong' }, step.to), ` ${step.who} `, element('span', { class: 'meta' }, day.format(new Date(step.at))), ...(step.text ? [element('br'), element('span', { class: 'quiet' }, step.text)] : [])));
  return element('div', { class: 'outbox-both' },
    element('section', { class: 'stack' }, element('h3', {}, '我的'), element('p', {}, element('span', { class: 'strong' }, ACTS[one.act] ?? one.act), ' ', element('span', { class: 'meta' }, day.format(new Date(one.made)))), element('p', { class: 'quiet' }, field(words, 'text') || '（没有文字）')),
    element('section', { class: 'stack' }, element('h3', {}, `现在是「${theirs.state_name}」`), ...(theirs.handler ? [element('p', { class: 'quiet' }, `处置人：${theirs.handler}`)] : []), ...others, element('a', { href: theirs.href ?? '/app/tasks/' }, '打开这件事')));
}

/** Change words, place and photographs, then send as a new submission with what is now known. */
function editor(one, words, acts) {
  const form = element('form', { class: 'stack-3', 'data-form': 'outbox', novalidate: '' });
  const text = element('textarea', { class: 'input', name: 'text', rows: '3', maxlength: one.act === 'report' ? '2000' : '300', required: '', id: `text-${one.n}` });
  text.value = field(words, 'text');
  const pick = acts.length > 1 ? element('fieldset', { class: 'field' }, element('legend', { class: 'label' }, '作为什么送出'), element('div', { class: 'pick' }, ...acts.map((act, n) => element('label', { class: 'choice' }, element('input', { type: 'radio', name: 'act', value: act, ...(n ? {} : { checked: '' }) }), act === 'verify' ? '核查通过' : ACTS[act])))) : '';
  const hidden = ['lon', 'lat'].map((name) => { const input = element('input', { type: 'hidden', name }); input.value = field(words, name); return input; });
  const file = element('input', { class: 'sr', type: 'file', id: `photos-${one.n}`, accept: 'image/jpeg,image/png,image/webp', capture: 'environment', multiple: '', 'data-photos': '' });
  form.append(element('div', { class: 'field' }, element('label', { class: 'label', for: text.id }, '文字'), text), pick, ...hidden,
    element('div', { class: 'two-b' }, element('button', { class: 'btn', type: 'button', 'data-locate': 'lon,lat' }, icon('pin'), field(words, 'lon') ? '改用当前位置' : '用当前位置'), element('label', { class: 'btn', for: file.id }, icon('camera'), '补拍')), file, element('div', { class: 'shots', 'data-shots': '' }),
    element('button', { class: 'btn btn-main btn-wide btn-tall' }, icon('send'), '改好，发送'), button('先不改', () => { editing = 0; draw(); }, 'btn btn-text btn-wide'));
  equipPhotos(file);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const given = new FormData(form), act = acts.length ? String(given.get('act') ?? acts[0]) : one.act;
    const changed = { text: given.get('text'), lon: given.get('lon'), lat: given.get('lat'), ...(acts.length ? { act, base: words.theirs?.base ?? '', passed: '1' } : {}) };
    editing = 0;
    await again(one, { ...words, fields: [...words.fields.filter(([name]) => !(name in changed)), ...Object.entries(changed).map(([name, value]) => [name, String(value ?? '')])] }, act, photosOf(file));
  });
  return form;
}

/** Settle: the same words and photographs as a new submission in the old one's place. */
async function again(one, words, act, more = []) {
  const next = moved(one, 'waiting');
  const fields = words.fields.filter(([name]) => name !== 'key' && name !== 'act').concat(act === 'report' ? [] : [['act', act]]);
  try {
    await enqueue({ key, owner: one.owner, id: newKey(), target: one.target, subject: one.subject, act, title: words.title, fields, photos: [...one.photos, ...more], replaces: next });
  } catch { toast({ text: '手机存储空间满了，没有改成；原来那条还在', tone: 'error' }); return; }
  await comeBack(); go();
}

/** @param {object} one @param {object[]} all @returns {Promise<HTMLElement>} */
async function card(one, all) {
  const words = await readWords(key, one.words), [name, mark] = NAMES[one.state], [what, how] = why(one, words, all);
  const weight = one.photos.reduce((sum, photo) => sum + photo.size, 0);
  const about = [ACTS[one.act] ?? one.act, day.format(new Date(one.made)), ...(one.photos.length ? [`${one.photos.length} 张照片 ${size(weight)}`] : [])].join(' · ');
  const box = element('li', { class: `card card-body stack outbox-${one.state}`, id: `n${one.n}`, 'data-state': one.state },
    element('div', { class: 'row-between' }, element('span', { class: 'outbox-state strong' }, icon(mark), name), element('span', { class: 'meta' }, about)), element('p', { class: 'tl' }, words.title || '（没有文字）'));
  if (what) box.append(element('p', { class: one.state === 'refused' || one.state === 'conflict' ? 'strong' : 'quiet' }, what));
  if (how) box.append(element('p', { class: 'quiet' }, how));
  if (one.state === 'conflict') box.append(both(one, words));
  if (one.photos.length && one.state !== 'sending') box.append(await pictures(one));
  const drop_ = (text) => button(text, () => remove(one), 'btn', 'trash');
  const acts = words.theirs?.acts ?? [], next = acts.filter((act) => act !== 'note' && act !== 'sign');
  if (editing === one.n) box.append(editor(one, words, one.state === 'conflict' ? [...next, ...(acts.includes('note') ? ['note'] : [])] : []));
  else if (one.state === 'waiting') box.append(holder(all, one) ? drop_('删除') : element('div', { class: 'two-b' }, drop_('删除'), button('现在发送', go, 'btn btn-main', 'send')));
  else if (one.state === 'refused') box.append(element('div', { class: 'two-b' }, drop_('删除'), button('改好再发', () => { editing = one.n; draw(); }, 'btn btn-main', 'edit')));
  else if (one.state === 'conflict') {
    if (next.length) box.append(button('按现在的情况改好再发', () => { editing = one.n; draw(); }, 'btn btn-main btn-wide', 'edit'));
    const note = acts.includes('note') && field(words, 'text') ? button('留作记录', () => again(one, words, 'note'), next.length ? 'btn' : 'btn btn-main', 'book') : '';
    box.append(element('div', { class: note ? 'two-b' : '' }, drop_('放弃我的'), note));
  } else if (one.state === 'sent') box.append(element('div', { class: 'row' }, ...(words.href ? [element('a', { class: 'btn', href: words.href }, '去看看')] : []), button('清掉', async () => { await drop(one.n); tell(); draw(); }, 'btn btn-text')));
  return box;
}

async function remove(one) {
  const dialog = document.querySelector('#outbox-drop');
  dialog.returnValue = ''; dialog.showModal();
  dialog.addEventListener('close', async () => {
    if (dialog.returnValue !== 'drop') return;
    const now = (await entries(one.owner)).find((each) => each.n === one.n);
    if (now && now.state !== 'sending') { await drop(one.n); tell(); await draw(); go(); } else toast({ text: '它正在发送，没有删除', tone: 'error' });
  }, { once: true });
}

/** The head says in one sentence how it stands, and what to do. */
function summary(number, blocked, silent) {
  const say_ = (mark, tone, words, ...more) => head.replaceChildren(element('div', { class: `note ${tone}`, role: 'status' }, icon(mark), element('div', { class: 'stack grow' }, element('p', { class: 'strong' }, words), ...more)));
  const left = number.waiting + number.sending;
  if (blocked && left) return say_('lock', 'note-4', blocked === 'login' ? `登录已过期，${left} 条还在手机里` : `现在登录的是另一个账号，${left} 条是您原来写的`, element('a', { class: 'btn btn-main btn-wide', href: '/login/?next=/app/outbox/' }, icon('login'), '登录，接着发送'));
  if (number.conflict + number.refused) return say_('alert', 'note-1', `${number.conflict + number.refused} 条要您处理`, element('p', { class: 'quiet' }, left ? `另有 ${left} 条等着发送` : '内容和照片都还在'));
  if (left && (!navigator.onLine || silent)) return say_('offline', 'note-4', `没有网络，${left} 条等着发送`, element('p', { class: 'quiet' }, '都存在这台手机里，联网后自动按顺序发出'));
  if (left) return say_('upload', 'note-4', `${left} 条等着发送`, element('p', { class: 'quiet' }, '可以去做别的，不用守着'));
  if (number.sent) return say_('check', 'note-good', '都送达了');
  return head.replaceChildren();
}

let drawing = false, once = false;
export async function draw() {
  if (drawing) { once = true; return; }
  drawing = true;
  try {
    key ??= await keyHere();
    const owner = ownerHere(), all = key ? await entries(owner) : [];
    if (!list.querySelector('form') || !editing) {
      for (const address of shown) URL.revokeObjectURL(address);
      shown = [];
      const order = { conflict: 0, refused: 0, sending: 1, waiting: 1, sent: 2 };
      const cards = [];
      for (const one of [...all].sort((a, b) => order[a.state] - order[b.state] || (a.state === 'sent' ? b.n - a.n : a.n - b.n))) cards.push(await card(one, all));
      list.replaceChildren(...cards);
      if (editing) document.dispatchEvent(new CustomEvent('htmx:after:swap')); // form.mjs: place and checks
      document.querySelector('[data-outbox-empty]').hidden = cards.length > 0;
    }
    summary(counts(all), await meta('blocked'), await meta('silent'));
  } finally { drawing = false; if (once) { once = false; draw(); } }
}
/** The person wants it now. */
async function go() {
  const answer = await flush({ hurry: true });
  if (answer.wait !== undefined && !navigator.onLine) toast({ text: '还没有网络，联网后会自动发送' });
  draw();
}

async function open_() {
  await draw();
  const edited = location.hash.match(/^#n(\d+)$/);
  if (edited) document.getElementById(edited[0].slice(1))?.scrollIntoView({ block: 'start' });
}
if (list && able()) {
  open_();
  new BroadcastChannel(CHANNEL).addEventListener('message', () => { if (!editing) draw(); });
  setInterval(() => { if (!editing && !document.hidden && list.querySelector('[data-state="waiting"]')) draw(); }, 10_000);
  addEventListener('online', draw); addEventListener('offline', draw);
} else if (list) {
  head.replaceChildren(element('p', { class: 'note note-1' }, icon('alert'), element('span', {}, '这个浏览器不能离线保存。请用 HTTPS 地址打开，或换新一些的浏览器；联网时照常可以提交')));
}
