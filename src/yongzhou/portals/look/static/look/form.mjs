/**
 * Forms of operations. <form data-form="warning.publish" novalidate [data-draft] [data-dry-run="url"] [data-dry-target="#id"]>
 *
 * Each .field holds label, .help, the control and, when wrong, <span class="msg-error" id="e-<name>">. Words come from
 * the browser's checks, from data-msg-<valueMissing|patternMismatch|...> on the control, or from the server.
 * data-draft               keeps what is typed in localStorage (never passwords, files or [data-private]); [data-draft-state] says when
 * input[type=file][data-photos]  photos.mjs: made small before upload, shown in [data-shots]
 * [data-locate="lon,lat"]  fills two inputs by the satellite place; its text says how exact
 * [data-count="id"]        counts characters of a field; data-sms says how many messages
 * [data-dry]               posts the form with dry_run=1 to data-dry-run, shows the answer (HTML) in data-dry-target
 */
import { csrf, element, icon, toast, ZONE } from './shell.mjs';
const WORDS = { valueMissing: '要填', typeMismatch: '格式不对', patternMismatch: '格式不对', tooShort: '太短', tooLong: '太长', rangeUnderflow: '太小', rangeOverflow: '太大', stepMismatch: '小数位数不对', badInput: '要填数字' };
const clock = () => new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(new Date());

/** @param {HTMLInputElement} control @returns {string} what is wrong, or nothing */
function wrong(control) {
  if (control.validity.valid) return '';
  for (const [name, words] of Object.entries(WORDS)) {
    if (!control.validity[name]) continue;
    const own = control.dataset[`msg${name[0].toUpperCase()}${name.slice(1)}`];
    if (own) return own;
    if (name === 'rangeUnderflow') return `不能小于 ${control.min}`;
    if (name === 'rangeOverflow') return `不能大于 ${control.max}`;
    if (name === 'tooLong') return `最多 ${control.maxLength} 字`;
    if (name === 'patternMismatch' && control.title) return control.title;
    return words;
  }
  return control.validationMessage;
}
/** @param {Element} control */
const label = (control) => (control.closest('.field')?.querySelector('.label')?.textContent ?? control.getAttribute('aria-label') ?? '').trim();

/** @param {HTMLInputElement} control @returns {string} */
function check(control) {
  const field = control.closest('.field'), words = wrong(control), id = `e-${control.name}`;
  field?.classList.toggle('field-error', Boolean(words));
  control.classList.toggle('bad', Boolean(words));
  field?.querySelector('.msg-error')?.remove();
  if (words && field) {
    field.append(element('span', { class: 'msg-error', id }, icon('alert'), words));
    control.setAttribute('aria-invalid', 'true'); control.setAttribute('aria-describedby', id);
  } else { control.removeAttribute('aria-invalid'); control.removeAttribute('aria-describedby'); }
  return words;
}
/** @param {HTMLFormElement} form @returns {HTMLInputElement[]} */
const controls = (form) => [...form.elements].filter((c) => c.name && c.willValidate && c.type !== 'submit');

/** @param {HTMLFormElement} form @returns {boolean} */
function checkAll(form) {
  form.querySelector('[data-summary]')?.remove();
  const faults = [], seen = new Set();
  for (const control of controls(form)) {
    if (control.type === 'radio' && seen.has(control.name)) continue;
    seen.add(control.name);
    const words = check(control);
    if (words) { control.id ||= `f-${control.name}`; faults.push({ control, words }); }
  }
  if (!faults.length) return true;
  const list = element('div', { class: 'stack' }, element('p', { class: 'strong' }, `有 ${faults.length} 处要改，改好后才能提交`));
  for (const { control, words } of faults) { const link = element('a', { href: `#${control.id}` }, `${label(control)}：${words}`); link.addEventListener('click', (event) => { event.preventDefault(); control.focus(); }); list.append(link); }
  const box = element('div', { class: 'note note-1', role: 'alert', tabindex: '-1', 'data-summary': '' }, icon('alert'), list);
  form.prepend(box); box.focus();
  return false;
}

/** @param {HTMLFormElement} form */
function draft(form) {
  const key = `yz:draft:${form.dataset.form}:${form.dataset.record ?? ''}`, mark = document.querySelector('[data-draft-state]');
  const keep = (c) => c.name && !['password', 'file', 'hidden'].includes(c.type) && !('private' in c.dataset);
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? 'null');
    if (stored && !form.querySelector('.field-error')) {
      for (const c of [...form.elements].filter(keep)) if (c.name in stored.values) { const v = stored.values[c.name]; if (c.type === 'checkbox' || c.type === 'radio') c.checked = v.includes(c.value); else c.value = v[0] ?? ''; }
      if (mark) mark.textContent = `已恢复草稿 ${stored.at}`;
    }
  } catch { localStorage.removeItem(key); }
  let timer = 0;
  form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(() => {
    const values = {};
    for (const c of [...form.elements].filter(keep)) { values[c.name] ??= []; if ((c.type !== 'checkbox' && c.type !== 'radio') || c.checked) values[c.name].push(c.value); }
    try { localStorage.setItem(key, JSON.stringify({ at: clock(), values })); if (mark) mark.textContent = `草稿已存 ${clock()}`; }
    catch { if (mark) mark.textContent = '草稿没存下：浏览器没有空间'; }
  }, 600); });
  form.querySelector('[data-draft-drop]')?.addEventListener('click', () => { localStorage.removeItem(key); form.reset(); if (mark) mark.textContent = '草稿已放弃'; });
  form.addEventListener('submit', (event) => { if (!event.defaultPrevented) localStorage.removeItem(key); });
}

/** @param {HTMLElement} button @param {HTMLFormElement} form */
function locate(button, form) {
  const [lon, lat] = button.dataset.locate.split(',').map((name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)));
  button.addEventListener('click', () => {
    if (!navigator.geolocation) return toast({ text: '这台设备不能定位，请在地图上点，或写明地点', tone: 'error' });
    button.setAttribute('aria-busy', 'true');
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      lon.value = coords.longitude.toFixed(6); lat.value = coords.latitude.toFixed(6);
      form.dispatchEvent(new Event('input', { bubbles: true }));
      button.removeAttribute('aria-busy'); button.textContent = `卫星定位，误差 ${Math.round(coords.accuracy)} 米`;
    }, () => { button.removeAttribute('aria-busy'); toast({ text: '没有定到位。请允许定位，或在地图上点', tone: 'error' }); }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 });
  });
}
/** @param {HTMLElement} mark */
function count(mark) {
  const field = /** @type {HTMLTextAreaElement|null} */ (document.getElementById(mark.dataset.count));
  const tell = () => { const size = [...field.value].length; mark.textContent = 'sms' in mark.dataset ? `${size} 字，短信 ${size <= 70 ? 1 : Math.ceil(size / 67)} 条` : `${size} 字`; };
  if (field) { field.addEventListener('input', tell); tell(); }
}
/** @param {HTMLFormElement} form */
async function dryRun(form) {
  const target = document.querySelector(form.dataset.dryTarget);
  if (!checkAll(form) || !target) return;
  target.setAttribute('aria-busy', 'true');
  const body = new FormData(form); body.set('dry_run', '1');
  try {
    const answer = await fetch(form.dataset.dryRun, { method: 'POST', body, headers: { 'X-CSRFToken': csrf(), 'HX-Request': 'true' } });
    if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
    target.innerHTML = await answer.text();
    globalThis.htmx?.process(target);
  } catch { toast({ text: '没有试算成功，什么都没有发送。稍后再试', tone: 'error' }); }
  target.removeAttribute('aria-busy');
}
/** @param {HTMLFormElement} form */
function equip(form) {
  form.noValidate = true;
  form.addEventListener('focusout', (event) => { const c = /** @type {HTMLInputElement} */ (event.target); if (c.name && c.willValidate && (c.value || c.classList.contains('bad'))) check(c); });
  form.addEventListener('submit', (event) => { if (!(/** @type {SubmitEvent} */ (event).submitter?.hasAttribute('formnovalidate')) && !checkAll(form)) { event.preventDefault(); event.stopImmediatePropagation(); } }, true);
  if ('draft' in form.dataset) draft(form);
  const photos = form.querySelectorAll('input[type="file"][data-photos]');
  if (photos.length) import('./photos.mjs').then(({ equipPhotos }) => photos.forEach(equipPhotos));
  form.querySelectorAll('[data-locate]').forEach((button) => locate(/** @type {HTMLElement} */ (button), form));
  form.querySelectorAll('[data-count]').forEach(count);
  form.querySelector('[data-dry]')?.addEventListener('click', () => dryRun(form));
  /** @type {HTMLElement|null} */ (form.querySelector(':scope > [role="alert"]'))?.focus();
}
function start() { for (const form of document.querySelectorAll('form[data-form]:not([data-ready])')) { form.setAttribute('data-ready', ''); equip(/** @type {HTMLFormElement} */ (form)); } }
start();
document.addEventListener('htmx:after:swap', start);
