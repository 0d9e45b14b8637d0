/** Marks of the map drawn on a canvas with the page's tokens: gauge tubes and level shapes, as on the reference pages. */
export const RATIO = 2;
const NUMERAL = { 1: 'I', 2: 'II', 3: 'III', 4: 'IV' };

/** @param {number} width @param {number} height @param {(pen: OffscreenCanvasRenderingContext2D) => void} paint @returns {ImageData} */
function image(width, height, paint) {
  const canvas = new OffscreenCanvas(width * RATIO, height * RATIO), pen = canvas.getContext('2d');
  pen.scale(RATIO, RATIO); paint(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}
/** @param {(name: string) => string} token @param {number} tenth water in tenths of the tube @param {boolean} over above the warning line */
export function gauge(token, tenth, over) {
  return image(20, 34, (pen) => {
    pen.fillStyle = token('ground'); pen.strokeStyle = token('text'); pen.lineWidth = 1.2;
    pen.beginPath(); pen.roundRect(6, 2, 8, 30, 2); pen.fill(); pen.stroke();
    const height = 26 * tenth / 10;
    pen.fillStyle = over ? token('w2-fill') : token('d-main'); pen.fillRect(7.5, 30.5 - height, 5, height);
    pen.lineWidth = 2; pen.beginPath(); pen.moveTo(2.5, 12.3); pen.lineTo(17.5, 12.3); pen.stroke();
  });
}
/** @param {(name: string) => string} token @param {1|2|3|4} level */
export function shape(token, level) {
  return image(26, 26, (pen) => {
    pen.fillStyle = token(`w${level}-fill`); pen.strokeStyle = token('ground'); pen.lineWidth = 1.5; pen.lineJoin = 'round';
    pen.beginPath();
    if (level === 1) pen.roundRect(3.5, 3.5, 19, 19, 1.5);
    else if (level === 2) { pen.moveTo(13, 1.5); pen.lineTo(24.5, 13); pen.lineTo(13, 24.5); pen.lineTo(1.5, 13); pen.closePath(); }
    else if (level === 3) { pen.moveTo(13, 2); pen.lineTo(24.5, 23); pen.lineTo(1.5, 23); pen.closePath(); }
    else pen.arc(13, 13, 11, 0, 2 * Math.PI);
    pen.fill(); pen.stroke();
    if (level === 3) { pen.strokeStyle = token('w3-edge'); pen.lineWidth = 1; pen.stroke(); }
    pen.fillStyle = token(`w${level}-on`); pen.font = `700 ${level === 3 ? 9.5 : 11.5}px ${token('font')}`; pen.textAlign = 'center';
    pen.fillText(NUMERAL[level], 13, level === 3 ? 20.5 : 17.2);
  });
}
/** Head of a storm's track, pointing north. @param {(name: string) => string} token */
export function arrow(token) {
  return image(14, 14, (pen) => { pen.fillStyle = token('d-storm'); pen.beginPath(); pen.moveTo(7, 0); pen.lineTo(13, 13); pen.lineTo(1, 13); pen.closePath(); pen.fill(); });
}
