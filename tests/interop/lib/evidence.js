'use strict';
// What proves that media arrived: pictures that carry their number, sound that is a known tone.
// Works in Node (require) and in a page (globalThis.evidence).
(function (root) {
  const CELLS = 20; // black, white, 16 bits from the highest, parity, black: across the top of the picture
  const parity = v => { let p = 0; for (; v; v &= v - 1) p ^= 1; return p; };
  const bright = (n, i) => i === 1 || (i > 1 && i < 18 && (n >> (17 - i) & 1) === 1) || (i === 18 && parity(n) === 1);

  // Luma of a picture of this number: the code, and below it a texture that moves.
  function draw(luma, width, height, number) {
    const cell = width / CELLS, rows = Math.ceil(cell);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++)
        luma[y * width + x] = y < rows ? (bright(number, Math.floor(x / cell)) ? 235 : 16)
          : 64 + ((x + 3 * number) % 96) / 2 + ((y + number) % 64);
    }
  }

  // The number that a picture carries, or -1. Any size: cells are sampled in their middle half.
  function read(luma, width, height, stride) {
    const cell = width / CELLS;
    const level = i => {
      let sum = 0, count = 0;
      for (let y = Math.floor(cell / 4); y < cell * 3 / 4; y++) {
        for (let x = Math.floor((i + .25) * cell); x < (i + .75) * cell; x++, count++) sum += luma[y * stride + x];
      }
      return sum / count;
    };
    const low = (level(0) + level(19)) / 2, high = level(1), middle = (low + high) / 2;
    if (high - low < 80) return -1;
    let number = 0;
    for (let i = 2; i < 18; i++) number = number << 1 | (level(i) > middle ? 1 : 0);
    return (level(18) > middle ? 1 : 0) === parity(number) ? number : -1;
  }

  // Share of the samples' power that is at `hz`: 1 for a pure tone.
  function share(samples, rate, hz) {
    let re = 0, im = 0, power = 0;
    for (let i = 0; i < samples.length; i++) {
      const phase = 2 * Math.PI * hz * i / rate;
      re += samples[i] * Math.cos(phase), im += samples[i] * Math.sin(phase), power += samples[i] * samples[i];
    }
    return power > 0 ? 2 * (re * re + im * im) / (samples.length * power) : 0;
  }

  // Collects what one endpoint received of another that plays a tone of `hz`.
  class Watcher {
    constructor(hz) {
      Object.assign(this, { hz, pictures: 0, unreadable: 0, backwards: 0, numbers: new Set(), size: '', last: -1 });
      Object.assign(this, { blocks: 0, toneBlocks: 0, pending: [], first: 0, longestGap: 0, lastAt: 0 });
    }
    picture(luma, width, height, stride, nowMs) {
      const number = read(luma, width, height, stride);
      if (!this.pictures++) this.first = nowMs;
      else this.longestGap = Math.max(this.longestGap, nowMs - this.lastAt);
      this.lastAt = nowMs;
      this.size = width + 'x' + height;
      if (number < 0) { this.unreadable++; return; }
      if (number < this.last) this.backwards++;
      this.last = number;
      this.numbers.add(number);
    }
    // mono samples, any scale; judged in blocks of a tenth of a second
    sound(samples, rate) {
      for (const s of samples) this.pending.push(s);
      const size = rate / 10;
      while (this.pending.length >= size) {
        this.blocks++;
        if (share(this.pending.splice(0, size), rate, this.hz) > .7) this.toneBlocks++;
      }
    }
    report() {
      const { pictures, unreadable, backwards, size, blocks, toneBlocks, first, longestGap } = this;
      return { pictures, distinct: this.numbers.size, unreadable, backwards, size, blocks, toneBlocks, first,
        longestGap: Math.round(longestGap) };
    }
  }
  root.evidence = { draw, read, share, Watcher };
  if (typeof module !== 'undefined') module.exports = root.evidence;
})(typeof globalThis !== 'undefined' ? globalThis : this);
