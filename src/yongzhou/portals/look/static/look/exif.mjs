/**
 * What a photograph says of itself (EXIF 2.32 in a JPEG's APP1): time and place of taking. A canvas drops it, so the
 * segment is carried over to the smaller picture as it was, but for the orientation, which the canvas has applied.
 */
const text = (view, at, size) => { let out = ''; for (let n = 0; n < size && view.getUint8(at + n); n += 1) out += String.fromCharCode(view.getUint8(at + n)); return out; };

/** @param {Uint8Array} bytes of a JPEG (its beginning will do) @returns {Uint8Array|null} the whole APP1 segment that holds EXIF */
export function segment(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 <= bytes.length;) {
    const mark = view.getUint16(at);
    if ((mark & 0xff00) !== 0xff00 || mark === 0xffda) return null;
    const size = view.getUint16(at + 2);
    if (size < 2 || at + 2 + size > bytes.length) return null;
    if (mark === 0xffe1 && size > 16 && text(view, at + 4, 4) === 'Exif') return bytes.slice(at, at + 2 + size);
    at += 2 + size;
  }
  return null;
}

/** One directory of the TIFF part: tag -> {type, count, at: offset of its value}. */
function directory(view, base, at, little) {
  const found = new Map(), count = view.getUint16(base + at, little);
  for (let n = 0; n < count; n += 1) {
    const here = base + at + 2 + 12 * n, type = view.getUint16(here + 2, little), many = view.getUint32(here + 4, little);
    const bytes = ({ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 }[type] ?? 1) * many;
    found.set(view.getUint16(here, little), { type, count: many, at: bytes > 4 ? base + view.getUint32(here + 8, little) : here + 8 });
  }
  return found;
}
function open(app1) {
  const view = new DataView(app1.buffer, app1.byteOffset, app1.byteLength), base = 10, little = view.getUint16(base) === 0x4949;
  return { view, base, little, main: directory(view, base, view.getUint32(base + 4, little), little) };
}
const degrees = (view, entry, little) => [0, 1, 2].reduce((sum, n) => sum + view.getUint32(entry.at + 8 * n, little) / view.getUint32(entry.at + 8 * n + 4, little) / 60 ** n, 0);

/** @param {Uint8Array} app1 @returns {{taken: string, lon: number|null, lat: number|null}} "2026-06-18 10:32", degrees of WGS84; broken EXIF says nothing */
export function claims(app1) {
  const said = { taken: '', lon: null, lat: null };
  try {
    const { view, base, little, main } = open(app1);
    const more = (tag) => main.has(tag) ? directory(view, base, view.getUint32(main.get(tag).at, little), little) : new Map();
    const taken = more(0x8769).get(0x9003);
    if (taken) said.taken = text(view, taken.at, taken.count).replace(/^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d).*$/, '$1-$2-$3 $4');
    const gps = more(0x8825);
    if (gps.has(2) && gps.has(4)) {
      const lat = degrees(view, gps.get(2), little), lon = degrees(view, gps.get(4), little);
      if (Number.isFinite(lat) && Number.isFinite(lon) && (lat || lon)) {
        said.lat = gps.has(1) && text(view, gps.get(1).at, 1) === 'S' ? -lat : lat;
        said.lon = gps.has(3) && text(view, gps.get(3).at, 1) === 'W' ? -lon : lon;
      }
    }
  } catch { /* outside of its segment: not readable, so nothing is claimed */ }
  return said;
}

/** @param {Uint8Array} jpeg of a canvas @param {Uint8Array} app1 @returns {Uint8Array} the picture with the segment, upright */
export function carry(jpeg, app1) {
  const own = app1.slice();
  try {
    const { view, little, main } = open(own);
    if (main.has(0x0112)) view.setUint16(main.get(0x0112).at, 1, little);
  } catch { return jpeg; }
  const out = new Uint8Array(jpeg.length + own.length);
  out.set(jpeg.subarray(0, 2)); out.set(own, 2); out.set(jpeg.subarray(2), 2 + own.length);
  return out;
}

/** @param {Uint8Array} bytes a picture's beginning @returns {[number, number]|null} width and height of a JPEG or PNG before it is decoded */
export function size(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length > 24 && view.getUint32(0) === 0x89504e47) return [view.getUint32(16), view.getUint32(20)];
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= bytes.length;) {
    const mark = view.getUint16(at);
    if (mark >= 0xffc0 && mark <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(mark)) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    if ((mark & 0xff00) !== 0xff00) return null;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}
