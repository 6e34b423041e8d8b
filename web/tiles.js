// The stage: a tile for each participant, arranged so that pictures are as large as they can be.
import { t } from './words.js';

// width to height of a tile: the narrowest, the widest, and of the picture that is to be as large as it can
const SHAPES = { wide: [1.15, 16 / 9, 16 / 9], tall: [.52, 16 / 9, 3 / 4] };
const SPEAKER_HOLD_MS = 1500, REACTION_MS = 2600, CORNER_MAX_PX = 700;

const initials = name => [...name.trim().split(/\s+/).filter(Boolean).slice(0, 2).map(word => [...word][0])].join('').toUpperCase() || '?';

// a colour of one's own, always the same for the same name
function hueOf(text) {
  let h = 0;
  for (const c of text) h = (h * 31 + c.codePointAt(0)) % 360;
  return `hsl(${h} 55% 52%)`;
}

export function showAvatar(element, name) {
  element.textContent = initials(name);
  (element.closest('.tile') || element).style.setProperty('--hue', hueOf(name));
}

class Tile {
  constructor(id, isSelf, onPin) {
    this.id = id;
    this.isSelf = isSelf;
    this.element = document.getElementById('tile').content.firstElementChild.cloneNode(true);
    this.element.dataset.id = id;
    this.element.classList.toggle('self', isSelf);
    this.video = this.element.querySelector('video');
    this.video.addEventListener('resize', () => this.show());
    this.element.addEventListener('click', onPin);
    this.element.addEventListener('keydown', e => (e.key === 'Enter' || e.key === ' ') && (e.preventDefault(), onPin()));
    if (!isSelf) this.audio = new Audio();
    this.state = {};
    this.quality = { grade: 3, cause: '' };
    this.spokeAt = 0;
  }

  part(name) { return this.element.querySelector(name); }

  play(stream, onBlocked) {
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.video.play().catch(() => {}); // a newer stream came, or there is no picture yet
    if (!this.audio) return;
    this.audio.srcObject = stream;
    this.audio.play().catch(e => e.name === 'NotAllowedError' && onBlocked());
  }

  // state: {name, muted, camera, screen, hand, mirrored, trouble}; quality: of quality.js, with words
  set(state) {
    Object.assign(this.state, state);
    this.show();
  }

  show() {
    const { name = '', muted, camera, screen, hand, mirrored, trouble } = this.state, { grade, cause } = this.quality;
    const shown = this.isSelf ? `${name || t('guest')} (${t('you')})` : name || t('guest');
    const on = (style, value) => this.element.classList.toggle(style, !!value);
    on('silent', muted);
    on('screen', screen);
    on('pictured', camera && (this.video.videoWidth > 0 || this.isSelf));
    this.video.classList.toggle('mirrored', !!mirrored);
    this.part('.who').textContent = this.isSelf ? t('you') : shown;
    showAvatar(this.part('.avatar'), name || t('guest'));
    this.part('.hand').hidden = !hand;
    const overlay = this.part('.trouble'), chip = this.part('.cause'), bars = this.part('.bars');
    overlay.hidden = !trouble;
    overlay.textContent = trouble || '';
    chip.hidden = !cause || !!trouble;
    chip.textContent = cause || '';
    bars.dataset.grade = grade;
    const words = [shown, !this.isSelf && (cause || t(`quality-${grade}`)), muted && t('is-muted'), hand && t('has-hand')];
    bars.setAttribute('aria-label', t(`quality-${grade}`));
    bars.title = cause || t(`quality-${grade}`);
    this.element.setAttribute('aria-label', words.filter(Boolean).join(', '));
  }

  speaks(loud) {
    if (loud) this.spokeAt = performance.now();
    this.element.classList.toggle('speaking', performance.now() - this.spokeAt < 500);
  }

  react(text) {
    const mark = document.createElement('span');
    mark.textContent = text;
    this.part('.float').append(mark);
    setTimeout(() => mark.remove(), REACTION_MS);
  }

  close() {
    this.video.srcObject = null;
    if (this.audio) this.audio.srcObject = null;
    this.element.remove();
  }
}

export class Stage {
  constructor(element) {
    this.element = element;
    this.tiles = new Map();
    this.layout = 'grid';
    this.pinned = this.speaker = '';
    this.speakerSince = 0;
    this.strip = document.createElement('div');
    this.strip.className = 'strip';
    new ResizeObserver(() => this.arrange()).observe(element);
  }

  tile(id, isSelf = false) {
    let tile = this.tiles.get(id);
    if (!tile) {
      tile = new Tile(id, isSelf, () => this.pin(id));
      this.tiles.set(id, tile);
      this.arrange();
    }
    return tile;
  }

  // only those whose ids are given stay
  keep(ids) {
    for (const [id, tile] of this.tiles) {
      if (ids.has(id)) continue;
      tile.close();
      this.tiles.delete(id);
      if (this.pinned === id) this.pinned = '';
    }
    this.arrange();
  }

  clear() { this.keep(new Set()); }

  setLayout(layout) {
    this.layout = layout;
    this.pinned = '';
    this.arrange();
  }

  pin(id) {
    if (this.layout === 'grid' && this.tiles.size < 2) return;
    const again = this.layout === 'speaker' && this.pinned === id;
    this.layout = again ? 'grid' : 'speaker';
    this.pinned = again ? '' : id;
    this.arrange();
    if (this.onLayout) this.onLayout();
  }

  // who is large: the one that was chosen, a screen, who speaks, anyone else
  large() {
    const others = [...this.tiles.values()].filter(tile => !tile.isSelf);
    const screen = others.find(tile => tile.state.screen);
    return this.tiles.get(this.pinned) || screen || this.tiles.get(this.speaker) || others[0] || [...this.tiles.values()][0];
  }

  heard(id) {
    const now = performance.now();
    if (id === this.speaker || now - this.speakerSince < SPEAKER_HOLD_MS) return;
    this.speaker = id;
    this.speakerSince = now;
    if (this.layout === 'speaker' && !this.pinned) this.arrange();
  }

  arrange() {
    const width = this.element.clientWidth, height = this.element.clientHeight;
    // oneself comes last
    const tiles = [...this.tiles.values()].sort((a, b) => a.isSelf - b.isSelf);
    const shared = tiles.find(tile => tile.state.screen && !tile.isSelf);
    const speaker = tiles.length > 1 && (this.layout === 'speaker' || !!shared);
    const wide = width > height * 1.1;
    const corner = !speaker && tiles.length === 2 && !wide && width < CORNER_MAX_PX;
    this.element.classList.toggle('speaker', speaker);
    this.element.classList.toggle('wide', wide);
    this.element.classList.toggle('corner', corner);
    this.element.dataset.count = tiles.length;
    if (speaker) return this.arrangeSpeaker(tiles);
    this.strip.remove();
    const { w, h } = corner ? { w: width, h: height } : this.best(tiles.length, width, height, wide);
    this.element.style.setProperty('--w', `${Math.floor(w)}px`);
    this.element.style.setProperty('--h', `${Math.floor(h)}px`);
    this.element.classList.toggle('small-tiles', h < 240 || w < 240);
    this.place(this.element, tiles);
  }

  arrangeSpeaker(tiles) {
    const large = this.large();
    tiles.forEach(tile => tile.element.classList.toggle('large', tile === large));
    this.place(this.element, [large], this.strip);
    this.place(this.strip, tiles.filter(tile => tile !== large));
  }

  // children in this order; what is in place already is not moved, so that pictures go on and the focus stays
  place(parent, tiles, last) {
    const wanted = [...tiles.map(tile => tile.element), ...(last ? [last] : [])];
    wanted.forEach((element, i) => parent.children[i] !== element && parent.insertBefore(element, parent.children[i] || null));
    tiles.forEach(tile => tile.video.srcObject && tile.video.paused && tile.video.play().catch(() => {}));
  }

  // the number of columns for which pictures are largest
  best(count, width, height, wide) {
    const gap = parseFloat(getComputedStyle(this.element).columnGap) || 0, [narrow, broad, picture] = wide ? SHAPES.wide : SHAPES.tall;
    let best = { w: width, h: height, area: -1 };
    for (let columns = 1; columns <= Math.max(1, count); columns++) {
      const rows = Math.ceil(Math.max(1, count) / columns);
      let w = (width - gap * (columns - 1)) / columns, h = (height - gap * (rows - 1)) / rows;
      if (w / h > broad) w = h * broad;
      if (w / h < narrow) h = w / narrow;
      const area = Math.min(w, h * picture) * Math.min(h, w / picture);
      if (area > best.area) best = { w, h, area };
    }
    return best;
  }
}
