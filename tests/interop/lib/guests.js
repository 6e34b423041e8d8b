'use strict';
// Stories of the guest page. usage: guests.js STORY BIN SCREENS
//   call     two native participants and two guests, Chromium and Firefox: everyone sees and hears everyone; the server
//            is killed and comes back meanwhile
//   screens  each state of the page in phone and desktop size, dark and light, as PNG files in SCREENS to be looked at
const childProcess = require('child_process'), fs = require('fs'), os = require('os'), path = require('path');
const assert = require('assert');
const { Guest } = require('./guest.js');
const { Skip, wav } = require('./endpoints.js');
const { share } = require('./evidence.js');
const pattern = require('./pattern.js');

const [story, bin, screens] = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quartet-guests-'));
const open = []; // what is to be ended at the end
const sleep = ms => new Promise(done => setTimeout(done, ms));
const CAMERA = { width: 320, height: 180, fps: 15 };
const TONES = { Ana: 440, Ben: 550, Chris: 660, Fay: 770 };
const others = name => Object.keys(TONES).filter(n => n !== name);

// ---- the server

async function startServer(port = 0) {
  const child = childProcess.spawn(path.join(bin, 'quartetd'), ['--port', String(port), '--state', path.join(folder, 'key')],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  open.push(() => child.kill('SIGKILL'));
  const line = await new Promise((done, fail) => {
    child.stdout.once('data', data => done(String(data)));
    child.once('exit', code => fail(new Error(`quartetd ended with ${code}`)));
  });
  return { child, port: +/:(\d+)\s/.exec(line)[1] };
}

const gone = child => new Promise(done => (child.exitCode !== null || child.signalCode !== null ? done() : child.once('exit', done)));

// ---- native participants

function joinNative(room, name) {
  const out = path.join(folder, name), voice = path.join(folder, `${name}.wav`);
  fs.mkdirSync(out);
  fs.writeFileSync(voice, wav(TONES[name]));
  const child = childProcess.spawn(path.join(bin, 'quartet'), ['join', room, '--name', name, '--camera', 'pattern', '--mic', voice,
    '--size', '320x180', '--fps', '15', '--record', out], { stdio: ['ignore', 'ignore', 'inherit'] });
  open.push(() => child.kill('SIGKILL'));
  return { name, out, child };
}

// of a recording: how many different pictures each other participant showed, how often each tone was heard
function recorded({ out }) {
  const report = { distinct: {}, tones: {} };
  for (const file of fs.readdirSync(out).filter(f => f.endsWith('.y4m'))) {
    const name = file.split('-')[0], data = fs.readFileSync(path.join(out, file)), head = data.indexOf(10);
    const [, w, h] = /W(\d+) H(\d+)/.exec(data.toString('latin1', 0, head)).map(Number), numbers = new Set();
    for (let at = head + 1; at + 6 + w * h * 3 / 2 <= data.length; at += 6 + w * h * 3 / 2)
      numbers.add(pattern.readBytes(data.subarray(at + 6), w, w, 1));
    numbers.delete(-1);
    report.distinct[name] = numbers.size;
  }
  const sound = fs.readFileSync(path.join(out, 'mixed.wav')), samples = new Int16Array((sound.length - 44) >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = sound.readInt16LE(44 + 2 * i);
  for (let at = 0; at + 4800 <= samples.length; at += 4800)
    for (const [name, hz] of Object.entries(TONES))
      if (share(samples.subarray(at, at + 4800), 48000, hz) > .1) report.tones[name] = (report.tones[name] || 0) + 1;
  return report;
}

// ---- stories

// So much of everyone, however busy the machine is; at 15 pictures a second it takes some 3 s.
const LEAST = { pictures: 40, tones: 20 }, PATIENCE_MS = 90000;
const AWAY = /WebSocket|establish a connection|was interrupted/; // what browsers say while the server is gone

const since = (after, before, name) => {
  const a = after[name] || { distinct: 0, tones: {} }, b = before[name] || { distinct: 0, tones: {} }, hz = TONES[name];
  return { pictures: a.distinct - b.distinct, tones: (a.tones[hz] || 0) - (b.tones[hz] || 0), unreadable: a.unreadable, all: a.pictures };
};

// until every guest has seen and heard enough of everyone else, from now on
async function everyoneMeets(guests, what) {
  const begin = Date.now(), before = await Promise.all(guests.map(({ guest }) => guest.evidence()));
  for (;;) {
    const after = await Promise.all(guests.map(({ guest }) => guest.evidence()));
    const links = guests.flatMap(({ name }, i) => others(name).map(n => ({ link: `${name} of ${n}`, ...since(after[i], before[i], n) })));
    if (links.every(l => l.pictures >= LEAST.pictures && l.tones >= LEAST.tones)) {
      console.log(`${what}: all ${links.length} links in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
      return links.forEach(l => assert(l.unreadable <= l.all * .1, `${l.link}: ${l.unreadable} of ${l.all} pictures unreadable`));
    }
    assert(Date.now() - begin < PATIENCE_MS, `${what}: ${JSON.stringify(links)}`);
    await sleep(500);
  }
}

async function storyCall() {
  let server = await startServer();
  const room = `ws://127.0.0.1:${server.port}/four`, page = `http://localhost:${server.port}/four`;
  const natives = ['Ana', 'Ben'].map(name => joinNative(room, name));
  const settings = name => ({ ...CAMERA, playHz: TONES[name], hearHz: Object.values(TONES) });
  const guests = [];
  for (const [name, browser] of [['Chris', 'chromium'], ['Fay', 'firefox']]) {
    const guest = await Guest.open(browser, page, settings(name));
    open.push(() => guest.close());
    await guest.join(name);
    guests.push({ name, guest });
  }
  for (const { name, guest } of guests)
    await guest.until(names => names.every(n => (guestEvidence()[n] || {}).pictures > 0), 'picture of everyone', 60000, others(name));

  await everyoneMeets(guests, 'two guests and two native participants');

  console.log('the server is killed: the call goes on, and the page says what happens');
  server.child.kill('SIGKILL');
  await gone(server.child);
  const { guest } = guests[0];
  await guest.until(() => !document.getElementById('banner').hidden, 'word about the lost server');
  await everyoneMeets(guests, 'without a server');
  server = await startServer(server.port);
  for (const g of guests) await g.guest.until(() => document.getElementById('banner').hidden, 'reconnection');
  await guest.page.$eval('#chat-text', e => { e.value = 'back again'; });
  await guest.click('#chat-form button');
  await guests[1].guest.until(() => document.getElementById('messages').textContent.includes('back again'), 'chat after the restart');

  for (const native of natives) native.child.kill('SIGINT');
  await Promise.all(natives.map(native => gone(native.child)));
  for (const native of natives) {
    const { distinct, tones } = recorded(native);
    console.log(`${native.name} recorded`, JSON.stringify({ distinct, tones }));
    for (const name of others(native.name)) {
      assert(distinct[name] >= LEAST.pictures, `${native.name}: too few pictures of ${name}`);
      assert(tones[name] >= LEAST.tones, `${native.name}: too little sound of ${name}`);
    }
  }
  await guest.until(() => document.querySelectorAll('.tile').length === 2, 'word of who left');
  for (const g of guests) assert.deepStrictEqual(g.guest.problems.filter(p => !AWAY.test(p)), [], `${g.name}: its page complains`);
}

async function main() {
  const stories = { call: storyCall, screens: () => require('./guest_screens.js')({ bin, startServer, open, gone, screens }) };
  let code = 0;
  try {
    await stories[story]();
    console.log(`${story}: ok`);
  } catch (e) {
    code = e instanceof Skip ? 77 : 1;
    console.log(e instanceof Skip ? `skipped: ${e.message}` : e.stack);
  }
  for (const end of open.splice(0).reverse()) await end();
  fs.rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
main();
