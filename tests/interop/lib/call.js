'use strict';
// One call between two implementations, with picture and sound both ways.
//   node call.js CALLER CALLEE BIN [--seconds=N] [--codec=VP8] [--data] [--verbose]
// Exit 0: both saw the other's numbered pictures and heard its tone; 77: something is not installed.
const { open, Skip } = require('./endpoints.js');
const [caller, callee, bin, ...rest] = process.argv.slice(2);
const options = Object.fromEntries(rest.map(o => o.replace(/^--/, '').split('=')));
const SECONDS = +(options.seconds || 8), CONNECT_MS = 20000;
const common = { width: 320, height: 180, fps: 15, codec: options.codec, data: 'data' in options };
const sleep = ms => new Promise(done => setTimeout(done, ms));

const epoch = performance.now(), ends = {}, states = {}, problems = [];

function hear(id) {
  return message => {
    if ('verbose' in options) console.log(((performance.now() - epoch) / 1000).toFixed(3), id, JSON.stringify(message));
    if (message.to) {
      const { to, ...body } = message;
      ends[to].send({ from: id, ...body });
    } else if (message.ev === 'error' || message.ev === 'ended') {
      problems.push(`${id} reports ${JSON.stringify(message)}`);
    } else {
      (states[id] = states[id] || []).push(message.ev);
    }
  };
}

// Pictures must come at a good part of the rate, readable, in order; sound must be the other's tone.
function judge(id, r) {
  const wanted = { pictures: Math.floor(SECONDS * common.fps * .5), tones: Math.floor(SECONDS * 10 * .6) };
  const bad = [];
  if (r.distinct < wanted.pictures) bad.push(`${r.distinct} distinct pictures of at least ${wanted.pictures}`);
  if (r.unreadable > r.pictures * .05) bad.push(`${r.unreadable} of ${r.pictures} pictures unreadable`);
  if (r.backwards) bad.push(`${r.backwards} pictures went back in time`);
  if (r.toneBlocks < wanted.tones) bad.push(`the tone in ${r.toneBlocks} tenths of a second of at least ${wanted.tones}`);
  return bad.map(text => `${id}: ${text}`);
}

// Wait until both have seen a picture, then let the call run.
async function run() {
  ends.a = open(caller, 'a', { ...common, otherId: 'b', playHz: 440, hearHz: 660 }, bin, hear('a'));
  ends.b = open(callee, 'b', { ...common, otherId: 'a', playHz: 660, hearHz: 440 }, bin, hear('b'));
  await Promise.all([ends.a.ready, ends.b.ready]);
  const start = Date.now();
  ends.b.send({ cmd: 'start', call: [], peers: ['a'] });
  ends.a.send({ cmd: 'start', call: ['b'], peers: ['b'] });
  for (;;) {
    const [a, b] = [await ends.a.evidence(), await ends.b.evidence()];
    if ((a.pictures && b.pictures) || problems.length) break;
    if (Date.now() - start > CONNECT_MS) { problems.push(`no picture both ways within ${CONNECT_MS / 1000} s`); break; }
    await sleep(50);
  }
  const connected = Date.now() - start;
  if (!problems.length) await sleep(SECONDS * 1000);
  if (common.data && !(states.a || []).includes('echoed')) problems.push(`${caller}: not all came back on its data channel`);
  if (common.data && !(states.b || []).includes('echo-closed')) problems.push(`${callee}: its data channel was not closed`);
  for (const id of ['a', 'b']) {
    const report = await ends[id].evidence();
    console.log(`${id === 'a' ? caller : callee} received`, JSON.stringify(report));
    problems.push(...judge(id, report));
  }
  console.log(`start to both pictures: ${connected} ms`);
}

async function main() {
  let code = 0;
  try {
    await run();
    problems.forEach(text => console.log(text));
    code = problems.length ? 1 : 0;
  } catch (e) {
    code = e instanceof Skip ? 77 : 1;
    console.log(code === 77 ? `skipped: ${e.message}` : e.stack);
  }
  if (code === 1) console.log('states', JSON.stringify(states));
  await Promise.all(Object.values(ends).map(end => end.stop().catch(() => {})));
  console.log(`${caller} calls ${callee}: ${{ 0: 'ok', 1: 'FAILED', 77: 'skipped' }[code]}`);
  process.exit(code);
}
main();
