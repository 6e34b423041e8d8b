'use strict';
// The number that a picture of the camera `pattern` carries in its top strip (README.md, Recordings): 40 cells, black,
// white, black, white, 16 bits of Gray code, parity, white, black, white, black. For Node and for pages.
(function (root) {
  const CELLS = 40, FIRST = 4, BITS = 16;
  const MARKS = { 0: 0, 1: 1, 2: 0, 3: 1, 21: 1, 22: 0, 23: 1, 24: 0 };
  const parity = v => { let p = 0; for (; v; v &= v - 1) p ^= 1; return p; };

  function cells(number) {
    const gray = number ^ number >> 1, out = new Array(CELLS).fill(0);
    for (const i of Object.keys(MARKS)) out[i] = MARKS[i];
    for (let i = 0; i < BITS; i++) out[FIRST + i] = gray >> (BITS - 1 - i) & 1;
    out[FIRST + BITS] = parity(gray);
    return out;
  }

  // `level(x0, x1, y0, y1)`: mean brightness there, 0 to 255. @return the number, or -1
  function read(width, level) {
    const cell = width / CELLS, from = cell / 4, to = cell * 3 / 4;
    const bright = i => level(Math.floor(i * cell + from), Math.ceil(i * cell + to), Math.floor(from), Math.ceil(to)) > 126;
    for (const i of Object.keys(MARKS)) if (bright(+i) !== (MARKS[i] === 1)) return -1;
    let gray = 0;
    for (let i = 0; i < BITS; i++) gray = gray << 1 | bright(FIRST + i);
    if (bright(FIRST + BITS) !== (parity(gray) === 1)) return -1;
    let number = gray;
    for (let shift = 1; shift < BITS; shift *= 2) number ^= number >> shift;
    return number;
  }

  // the same out of bytes: `stride` bytes a row, `step` bytes a pixel
  const readBytes = (bytes, width, stride, step) => read(width, (x0, x1, y0, y1) => {
    let sum = 0, count = 0;
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++, count++) sum += bytes[y * stride + x * step];
    return sum / count;
  });
  root.pattern = { CELLS, cells, read, readBytes };
  if (typeof module !== 'undefined') module.exports = root.pattern;
})(typeof globalThis !== 'undefined' ? globalThis : this);
