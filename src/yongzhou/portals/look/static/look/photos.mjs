/**
 * input[type=file][data-photos]: photographs are made small before they are kept or sent. [data-shots] shows them.
 * data-side: longest side in px (1600); data-most: bytes of one picture (600 KB); data-many: how many (9).
 * What EXIF claims (time, place) goes along with the smaller picture, is said to its sender, and can be left out.
 */
import { element, icon, toast } from './shell.mjs';
import { carry, claims, segment, size } from './exif.mjs';

const QUALITIES = [0.85, 0.75, 0.6, 0.45], PIXELS = 120_000_000, HEAD = 1024 * 1024;
/** @type {WeakMap<HTMLInputElement, Array<{small: File, bare: File, said: object|null}>>} */
const taken = new WeakMap();

/** A picture that no phone can open, or that is none; `message` says what to do. */
export class Unusable extends Error {}

/**
 * @param {File} file @param {{side?: number, most?: number}} limits px, bytes
 * @returns {Promise<{small: File, bare: File, said: object|null}>} JPEG with what EXIF claimed, the same without, the claims
 */
export async function shrink(file, { side = 1600, most = 600_000 } = {}) {
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer()), measured = size(head), app1 = segment(head);
  if (measured && measured[0] * measured[1] > PIXELS) throw new Unusable(`照片「${file.name}」有 ${Math.round(measured[0] * measured[1] / 1e6)} 百万像素，手机打不开；请用相机的普通尺寸拍`);
  let picture;
  try { picture = await createImageBitmap(file, { imageOrientation: 'from-image' }); } catch { throw new Unusable(`照片「${file.name}」打不开，换一张 JPEG 或 PNG`); }
  let scale = Math.min(1, side / Math.max(picture.width, picture.height)), blob;
  for (let smaller = 0; smaller < 4; smaller += 1, scale *= 0.75) {
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
    const paper = canvas.getContext('2d');
    paper.fillStyle = '#fff'; paper.fillRect(0, 0, canvas.width, canvas.height); paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) { blob = await canvas.convertToBlob({ type: 'image/jpeg', quality }); if (blob.size <= most) break; }
    if (blob.size <= most) break;
  }
  picture.close();
  const named = (content) => new File([content], `${file.name.replace(/\.\w+$/, '')}.jpg`, { type: 'image/jpeg', lastModified: file.lastModified });
  const bare = named(blob), said = app1 ? claims(app1) : null;
  if (!said || (!said.taken && said.lon === null)) return { small: bare, bare, said: null };
  return { small: named(carry(new Uint8Array(await blob.arrayBuffer()), app1)), bare, said };
}

/** @param {HTMLInputElement} input @returns {File[]} what will go */
export function photosOf(input) {
  const strip = input.form.querySelector('[data-bare]')?.checked ?? false;
  return (taken.get(input) ?? []).map((one) => (strip ? one.bare : one.small));
}
function refill(input) { const bag = new DataTransfer(); for (const file of photosOf(input)) bag.items.add(file); input.files = bag.files; }

/** @param {HTMLInputElement} input */
export function equipPhotos(input) {
  const take = () => takeIn(input);
  input.addEventListener('change', take);
  if (input.files.length) take(); // chosen before this script was there: a slow phone, or coming back to the page
}

/** @param {HTMLInputElement} input */
async function takeIn(input) {
  const most = Number(input.dataset.many) || 9, files = [...input.files], kept = [];
  const limits = { side: Number(input.dataset.side) || 1600, most: Number(input.dataset.most) || 600_000 };
  let shots = input.form.querySelector('[data-shots]');
  if (!shots) { shots = element('div', { class: 'shots', 'data-shots': '' }); input.after(shots); }
  shots.querySelectorAll('.shot-on').forEach((shot) => shot.remove());
  shots.setAttribute('aria-busy', 'true');
  if (files.length > most) toast({ text: `最多 ${most} 张，只留了前面的`, tone: 'error' });
  for (const file of files.slice(0, most)) {
    try {
      const one = await shrink(file, limits), picture = await createImageBitmap(one.bare, { resizeWidth: 240 }), canvas = document.createElement('canvas');
      canvas.width = picture.width; canvas.height = picture.height; canvas.getContext('2d').drawImage(picture, 0, 0);
      shots.prepend(element('div', { class: 'shot shot-on', role: 'img', 'aria-label': `照片 ${file.name}` }, canvas));
      kept.push(one);
    } catch (problem) { toast({ text: problem instanceof Unusable ? problem.message : `照片「${file.name}」处理不了，换一张再试`, tone: 'error' }); }
  }
  taken.set(input, kept); refill(input); shots.removeAttribute('aria-busy'); tellClaims(input, shots, kept);
}

/** What the photographs say of themselves, and the choice. */
function tellClaims(input, shots, kept) {
  input.form.querySelector('[data-claims]')?.remove();
  const said = kept.map((one) => one.said).filter(Boolean);
  if (!said.length) return;
  const placed = said.find((one) => one.lon !== null), dated = said.find((one) => one.taken);
  const words = [placed && `拍摄位置 ${placed.lat.toFixed(4)}, ${placed.lon.toFixed(4)}`, dated && `拍摄时间 ${dated.taken}`].filter(Boolean).join('，');
  const bare = element('input', { type: 'checkbox', class: 'check', 'data-bare': '' });
  bare.addEventListener('change', () => refill(input));
  const box = element('div', { class: 'note note-4', 'data-claims': '' }, icon('info'), element('div', { class: 'stack' },
    element('p', {}, `照片里带有${words}。会随上报送出，只用来核对现场，不公开。`), element('label', { class: 'row' }, bare, '不送出照片自带的位置和时间')));
  const [lon, lat] = ['lon', 'lat'].map((name) => input.form.elements.namedItem(name));
  if (placed && lon && !lon.value) {
    const use = element('button', { class: 'btn', type: 'button' }, icon('pin'), '就用照片的位置');
    use.addEventListener('click', () => {
      lon.value = placed.lon.toFixed(6); lat.value = placed.lat.toFixed(6);
      const button = input.form.querySelector('[data-locate]');
      if (button) button.textContent = '用照片自带的位置（不是现在的位置）';
      use.remove();
    });
    box.lastChild.append(use);
  }
  shots.after(box);
}
