// The page: which screen is on, what its buttons do, and the call behind it.
import { Call } from './call.js';
import { Level, Media, openScreen } from './media.js';
import { judge, readStats } from './quality.js';
import { Stage, showAvatar } from './tiles.js';
import { LANGUAGES, has, label, preferredLanguage, speak, t } from './words.js';

const EMOJIS = ['👍', '❤️', '👏', '😂', '😮', '🎉'];
const LEVEL_MS = 100, QUALITY_MS = 2000, TOAST_MS = 3500, LOUD = .02, NAME_BYTES = 64, CHAT_BYTES = 4096;

const $ = id => document.getElementById(id);
const room = decodeURIComponent(location.pathname.slice(1));
const token = new URLSearchParams(location.hash.slice(1)).get('t') || '';
const media = new Media(), level = new Level(), stage = new Stage($('stage'));
const own = { muted: false, camera: true, hand: false, screenTrack: null, name: '' };
let call = null, loud = 0, unread = 0;

// ---- little helpers

function show(screen) { document.body.dataset.screen = screen; }

function icon(button, name) { button.querySelector('use').setAttribute('href', `#i-${name}`); }

function toast(text) {
  const p = document.createElement('p');
  p.textContent = text;
  $('toasts').append(p);
  while ($('toasts').children.length > 3) $('toasts').firstChild.remove();
  setTimeout(() => p.remove(), TOAST_MS);
}

// at most so many bytes of UTF-8, whole characters, and none that the protocol forbids
function fit(text, bytes) {
  let out = '', size = 0;
  for (const c of text.replace(/[\u2028-\u202e\u2066-\u2069]/g, '')) {
    size += new TextEncoder().encode(c).length;
    if (size > bytes) break;
    out += c;
  }
  return out;
}

const nameOf = member => member.participant.name || t('guest');

// ---- before the call

function fillDevices() {
  const lists = { videoinput: ['pick-video', 'call-video'], audioinput: ['pick-audio', 'call-audio'], audiooutput: ['pick-speaker'] };
  for (const [kind, ids] of Object.entries(lists)) {
    const track = { videoinput: media.tracks.video, audioinput: media.tracks.audio }[kind];
    const current = track ? track.getSettings().deviceId : media.chosen.speaker;
    for (const id of ids) {
      const options = media.devices[kind].map((d, i) => new Option(d.label || `${t('default-device')} ${i + 1}`, d.deviceId));
      if (!options.length) options.push(new Option(t('default-device'), ''));
      $(id).replaceChildren(...options);
      if (current) $(id).value = current;
      $(id).disabled = media.devices[kind].length === 0;
    }
  }
  $('speaker-field').hidden = !('setSinkId' in HTMLMediaElement.prototype) || !media.devices.audiooutput.length;
  $('flip').hidden = $('preview-flip').hidden = media.devices.videoinput.length < 2;
}

// in words, what is missing; '' when nothing is
function troubleWith({ audio, video }) {
  if (audio === 'insecure') return 'insecure';
  const kind = key => key.replace(/^(mic|camera)-/, '');
  if (audio && video && kind(audio) === kind(video) && has(`both-${kind(audio)}`)) return `both-${kind(audio)}`;
  return video || audio;
}

function showPreview() {
  const { video } = media.tracks, trouble = troubleWith(media.causes);
  $('mirror').srcObject = video ? new MediaStream([video]) : null;
  $('mirror').classList.toggle('mirrored', media.isMirrored());
  $('no-picture').hidden = !!video;
  showAvatar($('preview-avatar'), $('name').value || t('guest'));
  $('notice').hidden = !trouble;
  $('notice-text').textContent = trouble ? t(trouble) : '';
  showButtons();
  fillDevices();
}

function showButtons() {
  const muted = own.muted || !media.tracks.audio, dark = !own.camera || !(media.tracks.video || own.screenTrack);
  for (const [id, off, on, name, turnOff, turnOn] of [
    ['mic', muted, !muted, 'mic', 'mute', 'unmute'], ['preview-mic', muted, !muted, 'mic', 'mute', 'unmute'],
    ['cam', dark, !dark, 'cam', 'camera-off', 'camera-on'], ['preview-cam', dark, !dark, 'cam', 'camera-off', 'camera-on']]) {
    const button = $(id);
    button.classList.toggle('off', off);
    button.setAttribute('aria-pressed', String(on));
    icon(button, off ? `${name}-off` : name);
    label(button, off ? turnOn : turnOff);
  }
  $('share').classList.toggle('on', !!own.screenTrack);
  label($('share'), own.screenTrack ? 'unshare' : 'share');
  $('share').hidden = !(navigator.mediaDevices && navigator.mediaDevices.getDisplayMedia);
  $('hand').classList.toggle('on', own.hand);
  $('hand').querySelector('span').textContent = t(own.hand ? 'lower-hand' : 'raise-hand');
  $('layout').querySelector('span').textContent = t(stage.layout === 'speaker' ? 'view-grid' : 'view-speaker');
}

// How far the server is, and whether there is any path for media.
async function testNetwork() {
  const say = (grade, key, values) => {
    $('network').firstElementChild.className = `dot ${grade}`;
    $('network').lastElementChild.textContent = t(key, values);
  };
  say('', 'net-testing');
  try {
    const times = [];
    for (let i = 0; i < 4; i++) {
      const start = performance.now();
      if (!(await fetch('/healthz', { cache: 'no-store' })).ok) throw new Error('not healthy');
      times.push(performance.now() - start);
    }
    const ms = Math.max(1, Math.round(Math.min(...times)));
    if (!await canGather()) return say('bad', 'net-blocked');
    say(ms < 250 ? 'good' : 'fair', ms < 250 ? 'net-good' : 'net-slow', { ms });
  } catch {
    say('bad', 'net-none');
  }
}

async function canGather() {
  const pc = new RTCPeerConnection();
  try {
    pc.createDataChannel('test');
    const found = new Promise(done => {
      pc.onicecandidate = e => (e.candidate && e.candidate.candidate ? done(true) : e.candidate || done(false));
      setTimeout(() => done(false), 4000);
    });
    await pc.setLocalDescription();
    return await found;
  } finally {
    pc.close();
  }
}

async function openPreview() {
  show('preview');
  $('room-name').textContent = t('room', { room });
  $('name').value = localStorage.getItem('name') || '';
  showPreview();
  testNetwork();
  await media.open();
}

// ---- devices, before and in the call

media.addEventListener('change', () => {
  const { audio, video } = media.tracks;
  if (audio) audio.enabled = !own.muted;
  if (level.track !== audio) level.watch(level.track = audio);
  if (call) {
    if (!own.screenTrack && call.tracks.video !== video) call.replace('video', video);
    if (call.tracks.audio !== audio) call.replace('audio', audio);
    tellState();
    showSelf();
    showButtons();
    fillDevices();
  } else {
    showPreview();
  }
});

async function toggleMic() {
  if (!media.tracks.audio) {
    own.muted = false;
    if (!await media.take('audio') && call) toast(t(media.causes.audio || 'mic-missing'));
    return;
  }
  own.muted = !own.muted;
  media.tracks.audio.enabled = !own.muted;
  tellState();
  showSelf();
  showButtons();
}

async function toggleCam() {
  if (own.screenTrack) await stopSharing();
  if (media.tracks.video) {
    own.camera = false;
    return media.release('video');
  }
  own.camera = true;
  if (!await media.take('video') && call) toast(t(media.causes.video || 'camera-missing'));
}

async function toggleShare() {
  if (own.screenTrack) return stopSharing();
  const track = await openScreen();
  if (!track || !call) return;
  own.screenTrack = track;
  track.addEventListener('ended', stopSharing);
  await call.replace('video', track);
  toast(t('you-share'));
  tellState();
  showSelf();
  showButtons();
}

async function stopSharing() {
  if (!own.screenTrack) return;
  own.screenTrack.stop();
  own.screenTrack = null;
  if (call) await call.replace('video', media.tracks.video);
  tellState();
  showSelf();
  showButtons();
}

const stateNow = () => ({
  muted: own.muted || !media.tracks.audio, camera: !!(own.screenTrack || media.tracks.video), screen: !!own.screenTrack,
});

function tellState() {
  const state = stateNow(), told = JSON.stringify(state);
  if (call && told !== own.told) call.setState(state);
  own.told = told;
}

// ---- in the call

function showSelf() {
  const tile = stage.tile('self', true), track = own.screenTrack || media.tracks.video;
  if (tile.track !== track) {
    tile.track = track;
    tile.play(track ? new MediaStream([track]) : null);
  }
  tile.set({ ...stateNow(), name: own.name, hand: own.hand, mirrored: !own.screenTrack && media.isMirrored() });
  showLonely();
}

function troubleOf({ leg, connectedOnce, participant }) {
  if (!leg || leg.state === 'connected') return '';
  return t(connectedOnce ? 'leg-disconnected' : 'leg-connecting', { name: participant.name || t('guest') });
}

function showMember(member) {
  const tile = stage.tile(member.id), { name, state = {}, hand } = member.participant;
  const screen = !!state.screen && !tile.state.screen;
  if (hand && !tile.state.hand) toast(t('hand-up', { name: nameOf(member) }));
  if (screen) toast(t('shares', { name: nameOf(member) }));
  const before = tile.state.screen;
  tile.set({ name, muted: !!state.muted, camera: state.camera !== false, screen: !!state.screen, hand: !!hand, trouble: troubleOf(member) });
  if (!!before !== !!state.screen) stage.arrange();
}

function playMember(member) {
  const tile = stage.tile(member.id);
  tile.play(member.leg.stream, () => { $('hear').hidden = false; });
  if (media.chosen.speaker && tile.audio.setSinkId) tile.audio.setSinkId(media.chosen.speaker).catch(() => {});
}

function showMembers() {
  stage.keep(new Set(['self', ...call.members.keys()]));
  for (const member of call.members.values()) showMember(member);
  showSelf();
}

function showLonely() {
  let card = stage.element.querySelector('.lonely');
  const lonely = !!call && call.members.size === 0;
  if (lonely && !card) {
    card = document.createElement('div');
    card.className = 'lonely';
    const title = document.createElement('strong'), hint = document.createElement('p');
    title.textContent = t('alone');
    hint.textContent = t('alone-hint');
    card.append(title, hint);
    stage.element.append(card);
  } else if (!lonely && card) {
    card.remove();
  }
}

function banner(text) {
  $('banner').textContent = text;
  $('banner').hidden = !text;
}

function onJoined({ resumed }) {
  if (resumed || document.body.dataset.screen === 'call') {
    banner('');
    toast(t('reconnected'));
  }
  show('call');
  showMembers();
}

function watchMembers() {
  const known = new Map();
  return () => {
    showMembers();
    for (const [id, member] of call.members) if (!known.has(id)) known.set(id, nameOf(member)), toast(t('came', { name: nameOf(member) }));
    for (const [id, name] of known) if (!call.members.has(id)) known.delete(id), toast(t('went', { name }));
  };
}

function join() {
  own.name = fit($('name').value.trim(), NAME_BYTES);
  localStorage.setItem('name', own.name);
  own.told = JSON.stringify(stateNow());
  $('waiting-text').textContent = t('joining');
  show('waiting');
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/${room}`;
  call = new Call({ url, name: own.name, token, state: stateNow(), tracks: media.tracks });
  const on = (type, take) => call.addEventListener(type, e => take(e.detail));
  on('joined', onJoined);
  on('knocking', () => { $('waiting-text').textContent = t('knocking'); });
  on('lost', () => banner(t('reconnecting')));
  on('members', watchMembers());
  on('member', ({ member }) => showMember(member));
  on('track', ({ member }) => playMember(member));
  on('chat', ({ member, text }) => addMessage(nameOf(member), text, false));
  on('react', ({ member, text }) => { stage.tile(member.id).react(text); toast(t('reacts', { name: nameOf(member), text })); });
  on('mute-request', ({ member, audio }) => {
    if (audio !== false && !own.muted) toggleMic(), toast(t('mute-asked', { name: nameOf(member) }));
  });
  on('ended', ({ code }) => end(code));
}

function end(code) {
  call = null;
  own.hand = false;
  if (own.screenTrack) stopSharing();
  media.close();
  level.watch(level.track = null);
  stage.clear();
  for (const id of ['chat', 'stats', 'hear']) $(id).hidden = true;
  $('messages').replaceChildren($('messages').firstElementChild);
  $('toasts').replaceChildren();
  banner('');
  const key = has(`ended-${code}`) ? `ended-${code}` : 'ended-other';
  $('end-text').textContent = t(key);
  show('end');
  $('end-text').focus();
}

function leave() {
  if (call) call.leave();
  end('left');
}

// ---- chat, reactions

function addMessage(name, text, mine) {
  const box = document.createElement('div'), body = document.createElement('p'), empty = $('messages').querySelector('.empty');
  if (empty) empty.hidden = true;
  box.className = mine ? 'message mine' : 'message';
  if (!mine) {
    const who = document.createElement('b');
    who.textContent = name;
    box.append(who);
  }
  body.textContent = text;
  body.dir = 'auto';
  box.append(body);
  $('messages').append(box);
  $('messages').scrollTop = $('messages').scrollHeight;
  if (mine || !$('chat').hidden) return;
  unread++;
  showUnread();
  toast(t('chat-from', { name, text }));
}

function showUnread() {
  $('unread').hidden = !unread;
  $('unread').textContent = unread;
  $('open-chat').setAttribute('aria-label', unread ? `${t('chat')}, ${t('unread', { n: unread })}` : t('chat'));
}

function sendMessage() {
  const text = fit($('chat-text').value.trim(), CHAT_BYTES);
  if (!text || !call) return;
  call.chat(text);
  addMessage('', text, true);
  $('chat-text').value = '';
}

function react(text) {
  if (!call) return;
  call.react(text);
  stage.tile('self', true).react(text);
  closeMenus();
}

function toggleHand() {
  own.hand = !own.hand;
  call.raise(own.hand);
  showSelf();
  showButtons();
  closeMenus();
}

// ---- menus and panels

const MENUS = [['react', 'react-menu'], ['more', 'more-menu']];

function closeMenus() {
  for (const [button, menu] of MENUS) {
    if (!$(menu).hidden && $(menu).contains(document.activeElement)) $(button).focus();
    $(menu).hidden = true;
    $(button).setAttribute('aria-expanded', 'false');
  }
}

function toggleMenu(button, menu) {
  const opens = $(menu).hidden;
  closeMenus();
  $(menu).hidden = !opens;
  $(button).setAttribute('aria-expanded', String(opens));
  if (opens) $(menu).querySelector('button').focus();
}

function togglePanel(id, opener, focus) {
  const opens = $(id).hidden;
  for (const other of ['chat', 'stats']) $(other).hidden = other !== id || !opens;
  $('open-chat').setAttribute('aria-expanded', String(id === 'chat' && opens));
  closeMenus();
  (opens ? $(focus) : $(opener)).focus();
  if (id === 'chat' && opens) unread = 0, showUnread();
}

const toggleChat = () => togglePanel('chat', 'open-chat', 'chat-text');
const toggleStats = () => { togglePanel('stats', 'more', 'figures'); measure(); };

// ---- levels and statistics

function listen() {
  loud = level.read();
  const percent = Math.round(loud * 100);
  if (document.body.dataset.screen === 'preview') {
    $('meter').style.setProperty('--level', `${percent}%`);
    $('meter').setAttribute('aria-valuenow', percent);
  }
  if (!call) return;
  stage.tile('self', true).speaks(!own.muted && loud > .45);
  for (const member of call.members.values()) {
    const receiver = member.leg && member.leg.pc.getReceivers().find(r => r.track.kind === 'audio');
    const source = receiver && receiver.getSynchronizationSources()[0];
    const speaks = !!source && performance.timeOrigin + performance.now() - source.timestamp < 1000 && source.audioLevel > LOUD;
    stage.tile(member.id).speaks(speaks && !member.participant.state?.muted);
    if (speaks) stage.heard(member.id);
  }
}

async function measure() {
  if (!call) return;
  const members = [...call.members.values()].filter(m => m.leg);
  await Promise.all(members.map(async m => {
    const report = await m.leg.pc.getStats().catch(() => null);
    if (report) m.stats = readStats(report, m.statsOf === m.leg ? m.stats : null);
    m.statsOf = m.leg;
  }));
  if (!call) return;
  const verdicts = judge(members.map(m => ({ state: m.leg.state, stats: m.stats, connectedOnce: m.connectedOnce })));
  members.forEach((member, i) => {
    const { grade, cause } = verdicts[i], tile = stage.tiles.get(member.id);
    if (!tile) return;
    const values = { name: nameOf(member), ms: Math.round(member.stats ? member.stats.rttMs : 0) };
    tile.quality = { grade, cause: cause && t(cause, values) };
    tile.show();
  });
  if (!$('stats').hidden) showFigures(members, verdicts);
}

function showFigures(members, verdicts) {
  const parts = members.flatMap((m, i) => {
    const s = m.stats, title = document.createElement('h3'), list = document.createElement('dl'), grade = document.createElement('span');
    title.textContent = nameOf(m);
    grade.textContent = t(`quality-${verdicts[i].grade}`);
    grade.className = 'dim small';
    title.append(grade);
    if (!s) return [title];
    const rows = [
      ['stat-picture', s.width ? `${s.width}×${s.height}, ${Math.round(s.fps)}/s, ${s.codec}` : '–'],
      ['stat-rate', `${Math.round(s.kbpsIn)} kb/s`], ['stat-sent', `${Math.round(s.kbpsOut)} kb/s`],
      ['stat-rtt', `${Math.round(s.rttMs)} ms`], ['stat-loss', `${(100 * s.loss).toFixed(1)} %`],
      ['stat-jitter', `${Math.round(s.jitterMs)} ms`], ['stat-path', s.path ? t(`path-${s.path}`) : '–']];
    for (const [key, value] of rows) {
      const dt = document.createElement('dt'), dd = document.createElement('dd');
      dt.textContent = t(key);
      dd.textContent = value;
      dd.dir = 'ltr';
      list.append(dt, dd);
    }
    return [title, list];
  });
  $('figures').replaceChildren(...parts);
}

// ---- begin

function translate(code) {
  speak(code);
  $('language').value = code;
  $('room-name').textContent = t('room', { room });
  showButtons();
  if (document.body.dataset.screen === 'preview') showPreview(), testNetwork();
}

async function invite() {
  const link = location.origin + location.pathname;
  try {
    if (navigator.share && matchMedia('(pointer: coarse)').matches) return await navigator.share({ url: link });
    await navigator.clipboard.writeText(link);
    toast(t('copied'));
  } catch (e) {
    if (e.name !== 'AbortError') toast(link);
  }
}

function newRoom() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // 128 bits
  location.href = '/' + btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

const KEYS = { m: toggleMic, v: toggleCam, c: toggleChat, h: toggleHand, s: toggleStats };

function onKey(e) {
  if (e.key === 'Escape') {
    for (const [id, opener] of [['chat', toggleChat], ['stats', toggleStats]]) if (!$(id).hidden) opener();
    return closeMenus();
  }
  const typing = e.target.closest('input, textarea, select');
  if (!call || document.body.dataset.screen !== 'call' || typing || e.ctrlKey || e.metaKey || e.altKey) return;
  const act = KEYS[e.key.toLowerCase()];
  if (act) e.preventDefault(), act();
}

// the arrows move within the row of buttons, or the emojis
function onArrow(e) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  const row = step && e.target.closest('.emojis, .bar');
  if (!row) return;
  const list = [...row.querySelectorAll(row.classList.contains('bar') ? '.round' : 'button')].filter(b => b.offsetParent);
  const at = list.indexOf(e.target), turn = document.documentElement.dir === 'rtl' ? -step : step;
  if (at >= 0) e.preventDefault(), list[(at + turn + list.length) % list.length].focus();
}

function wire() {
  const click = (id, act) => $(id).addEventListener('click', act);
  click('start', newRoom);
  click('retry', () => media.open());
  for (const id of ['preview-mic', 'mic']) click(id, toggleMic);
  for (const id of ['preview-cam', 'cam']) click(id, toggleCam);
  for (const id of ['preview-flip', 'flip']) click(id, () => media.flip());
  click('share', toggleShare);
  click('cancel', leave);
  click('leave', leave);
  click('rejoin', openPreview);
  click('invite', invite);
  click('hand', toggleHand);
  click('open-chat', toggleChat);
  click('open-stats', toggleStats);
  click('layout', () => { stage.setLayout(stage.layout === 'speaker' ? 'grid' : 'speaker'); showButtons(); closeMenus(); });
  click('hear', () => { $('hear').hidden = true; for (const m of call.members.values()) playMember(m); });
  for (const [button, menu] of MENUS) click(button, () => toggleMenu(button, menu));
  for (const b of document.querySelectorAll('[data-close]')) b.addEventListener('click', b.dataset.close === 'chat' ? toggleChat : toggleStats);
  for (const text of EMOJIS) {
    const b = document.createElement('button');
    b.textContent = text;
    b.addEventListener('click', () => react(text));
    $('emojis').append(b);
  }
  for (const prefix of ['pick', 'call']) for (const kind of ['video', 'audio'])
    $(`${prefix}-${kind}`).addEventListener('change', e => { media.chosen[kind] = e.target.value; media.take(kind); });
  $('pick-speaker').addEventListener('change', e => { media.chosen.speaker = e.target.value; });
  $('preview').addEventListener('submit', e => { e.preventDefault(); join(); });
  $('name').addEventListener('input', () => showAvatar($('preview-avatar'), $('name').value || t('guest')));
  $('chat-form').addEventListener('submit', e => { e.preventDefault(); sendMessage(); });
  $('chat-text').addEventListener('keydown', e => e.key === 'Enter' && !e.shiftKey && (e.preventDefault(), sendMessage()));
  stage.onLayout = showButtons;
  document.addEventListener('keydown', onKey);
  document.addEventListener('keydown', onArrow);
  document.addEventListener('pointerdown', e => e.target.closest('.anchor') || closeMenus());
  window.addEventListener('online', () => call && call.signal.hurry());
  window.addEventListener('pagehide', e => e.persisted || (call && call.leave()));
}

for (const [code, [name]] of Object.entries(LANGUAGES)) $('language').append(new Option(name, code));
$('language').addEventListener('change', e => { localStorage.setItem('language', e.target.value); translate(e.target.value); });
wire();
translate(preferredLanguage());
setInterval(listen, LEVEL_MS);
setInterval(measure, QUALITY_MS);
if (room) openPreview();
else show('home');
