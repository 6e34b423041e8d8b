'use strict';
// Every state of the guest page: looked at by a person afterwards, and meanwhile checked for what can be checked:
// everything has a name, nothing is cut off at the side, the keyboard reaches it all, the words are there.
const assert = require('assert'), childProcess = require('child_process'), fs = require('fs'), path = require('path');
const { Guest } = require('./guest.js');

const PHONE = { width: 390, height: 844 }, DESKTOP = { width: 1280, height: 800 };
const VIEWS = [['phone', PHONE], ['desktop', DESKTOP]].flatMap(([size, s]) => ['dark', 'light'].map(scheme => [`${size}-${scheme}`, { ...s, scheme }]));

// what a person cannot use: controls without a name, what is wider than the window
function complaints() {
  const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
  const nameOf = e => e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && [...e.labels].map(l => l.textContent.trim()).join(''));
  const nameless = [...document.querySelectorAll('button, select, input, textarea, a')].filter(e => shown(e) && !nameOf(e));
  const wide = [...document.querySelectorAll('button, select, input, textarea, h1, h2, .chip')].filter(e => shown(e) &&
    (e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1));
  return [...nameless.map(e => `no name: ${e.outerHTML.slice(0, 120)}`), ...wide.map(e => `outside: ${e.outerHTML.slice(0, 120)}`)];
}

module.exports = async ({ bin, startServer, open, gone, screens }) => {
  let server = await startServer();
  const at = room => `http://localhost:${server.port}/${room}`;
  const settings = { width: 640, height: 360, fps: 10, playHz: 300, devices: 'there' };

  const guestAt = async (room, more) => {
    const guest = await Guest.open('chromium', at(room), { ...settings, ...more });
    open.push(() => guest.close());
    return guest;
  };
  const look = async (guest, name, views = VIEWS) => {
    for (const [view, how] of views) {
      await guest.shot(path.join(screens, `${name}-${view}.png`), how);
      assert.deepStrictEqual(await guest.page.evaluate(complaints), [], `${name}, ${view}`);
    }
  };
  const bots = (room, count) => {
    const child = childProcess.spawn(path.join(bin, 'quartet'), ['demo', `ws://127.0.0.1:${server.port}/${room}`, '--bots', count,
      '--media', path.join(__dirname, '../../media'), '--size', '320x180', '--fps', '10'], { stdio: 'ignore' });
    open.push(() => child.kill('SIGKILL'));
    return child;
  };
  // a participant of messages alone
  const ghost = room => new Promise((done, fail) => {
    const socket = new (require('ws'))(`ws://127.0.0.1:${server.port}/${room}`, 'quartet.v1');
    const say = (t, d, to) => socket.send(JSON.stringify({ t, to, d }));
    open.push(() => socket.terminate());
    socket.on('open', () => say('hello', { versions: [1] }));
    socket.on('message', text => {
      const m = JSON.parse(text);
      if (m.t === 'welcome') say('join', { name: 'Greta' });
      if (m.t === 'joined') done({ say, socket, id: m.d.self });
    });
    socket.on('error', fail);
  });

  await fs.promises.mkdir(screens, { recursive: true });
  const home = await guestAt('');
  await look(home, '01-home');
  await home.close();

  for (const [name, devices, words] of [['03-refused', 'refused', 'may not use'], ['04-no-devices', 'missing', 'was found']]) {
    const guest = await guestAt('demo', { devices });
    await guest.until(() => !document.getElementById('notice').hidden, 'notice');
    assert((await guest.text('#notice-text')).includes(words));
    await look(guest, name);
    await guest.close();
  }

  // alone, by keyboard only: the name, then Tab until the button
  const guest = await guestAt('demo');
  await guest.until(() => document.body.dataset.screen === 'preview' && !!document.getElementById('mirror').srcObject, 'preview');
  await guest.until(() => /ms/.test(document.getElementById('network').textContent), 'network test');
  await look(guest, '02-preview');
  await guest.page.focus('#name');
  await guest.page.keyboard.type('Jana Weber');
  for (let i = 0; i < 12 && await guest.page.evaluate(() => document.activeElement.id) !== 'join'; i++) await guest.page.keyboard.press('Tab');
  await guest.page.keyboard.press('Enter');
  await guest.until(() => document.body.dataset.screen === 'call', 'call');
  await look(guest, '05-alone');

  // two, three, four
  const pictured = n => guest.until(count => document.querySelectorAll('.tile.pictured:not(.self)').length >= count, `${n} pictures`, 60000, n);
  for (const count of [1, 2, 3]) {
    const group = bots('demo', count);
    await pictured(count);
    await guest.page.evaluate(() => document.getElementById('toasts').replaceChildren());
    await look(guest, `06-call-of-${count + 1}`);
    if (count === 3) break;
    group.kill('SIGINT');
    await gone(group);
    await guest.until(() => document.querySelectorAll('.tile').length === 1, 'empty room');
  }
  await guest.click('.tile');
  await look(guest, '07-speaker');
  await guest.click('.tile.large');

  await guest.page.keyboard.press('c');
  await guest.page.keyboard.type('Can you all see me?');
  await guest.page.keyboard.press('Enter');
  await look(guest, '08-chat');
  await guest.page.keyboard.press('Escape');
  await guest.click('#react');
  await look(guest, '09-reactions');
  await guest.click('#emojis button');
  await guest.page.keyboard.press('h');
  await guest.page.keyboard.press('m');
  await look(guest, '10-hand-and-muted', VIEWS.slice(0, 3));
  await guest.page.keyboard.press('v');
  await guest.until(() => !document.querySelector('.tile.self').classList.contains('pictured'), 'camera off');
  await look(guest, '11-camera-off', VIEWS.slice(1, 3));
  await guest.page.keyboard.press('v');
  await guest.click('#share');
  await guest.until(() => document.querySelector('.tile.self').classList.contains('screen'), 'shared screen');
  await look(guest, '12-share', VIEWS.slice(2));
  await guest.click('#share');
  await guest.click('#more');
  await look(guest, '13-more');
  await guest.click('#open-stats');
  await guest.until(() => document.querySelectorAll('#figures dl').length === 3, 'figures');
  await look(guest, '14-statistics');
  await guest.page.keyboard.press('Escape');

  // a fifth is turned away
  const fifth = await guestAt('demo');
  await fifth.until(() => document.body.dataset.screen === 'preview', 'preview');
  await fifth.click('#join');
  await fifth.until(() => document.body.dataset.screen === 'end', 'refusal');
  assert.match(await fifth.text('#end-text'), /four people/);
  await look(fifth, '15-full', VIEWS.slice(0, 3));
  await fifth.close();

  // the same call in other words and another direction
  for (const code of ['de', 'ar']) {
    await guest.page.evaluate(lang => {
      const select = document.getElementById('language');
      select.value = lang;
      select.dispatchEvent(new Event('change'));
    }, code);
    assert.strictEqual(await guest.page.evaluate(() => document.documentElement.dir), code === 'ar' ? 'rtl' : 'ltr');
    await guest.click('#open-chat');
    await look(guest, `16-call-${code}`, VIEWS.slice(0, 3));
    await guest.click('#open-chat');
  }

  server.child.kill('SIGKILL');
  await gone(server.child);
  await guest.until(() => !document.getElementById('banner').hidden, 'word about the lost server');
  await look(guest, '17-reconnecting', VIEWS.slice(0, 3));
  server = await startServer(server.port);
  await guest.until(() => document.getElementById('banner').hidden, 'reconnection');
  await guest.click('#leave');
  await look(guest, '18-left', VIEWS.slice(1, 3));
  await guest.close();

  for (const code of ['de', 'ar']) {
    const other = await guestAt(`demo?lang=${code}`);
    await other.until(() => document.body.dataset.screen === 'preview' && !!document.getElementById('mirror').srcObject, 'preview');
    await look(other, `19-preview-${code}`, VIEWS.slice(0, 3));
    await other.close();
  }

  // a door that a host opens
  const host = await ghost('door');
  host.say('lock', { lobby: true });
  const waiting = await guestAt('door');
  await waiting.until(() => document.body.dataset.screen === 'preview' && !!document.getElementById('mirror').srcObject, 'preview');
  const knock = new Promise(done => host.socket.on('message', text => JSON.parse(text).t === 'knock' && done(JSON.parse(text).d.peer.id)));
  await waiting.click('#join');
  const id = await knock;
  await waiting.until(() => document.getElementById('waiting-text').textContent.includes('host'), 'word that it waits');
  await look(waiting, '20-knocking', VIEWS.slice(0, 3));
  host.say('admit', {}, id);
  await waiting.until(() => document.body.dataset.screen === 'call', 'way in');
};
