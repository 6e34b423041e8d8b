'use strict';
// The two kinds of endpoint: a process that speaks JSON lines, and a browser with a page. Each has
//   send(message), evidence() -> report, stop(); and calls `hear(message)` with what it says.
const childProcess = require('child_process'), fs = require('fs'), http = require('http'), os = require('os');
const path = require('path');
const { draw, Watcher } = require('./evidence.js');
const lines = require('./lines.js');

class Skip extends Error {}

// A process. `prepare` may add what it needs around it (FIFOs) before it starts.
class ProcessEndpoint {
  constructor(id, command, environment, hear) {
    Object.assign(this, { id, hear, waiting: [] });
    this.child = childProcess.spawn(command[0], command.slice(1),
      { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdin.on('error', () => {}); // it may have ended: its exit says so
    this.ready = new Promise((resolve, reject) => {
      this.becameReady = resolve;
      this.child.on('error', e => reject(new Error(`${command[0]}: ${e.message}`)));
      this.child.on('exit', (code, signal) => {
        reject(new Error(`${id} ended with ${signal || code}`));
        if (!this.stopped) this.hear({ ev: 'ended', code, signal });
      });
    });
    lines(this.child.stdout, line => this.take(line));
  }
  take(line) {
    let message;
    try { message = JSON.parse(line); } catch (e) { console.log(`${this.id} says: ${line}`); return; }
    if (message.ev === 'ready') this.becameReady();
    else if (message.ev === 'evidence') this.waiting.splice(0).forEach(done => done(message.report));
    else this.hear(message);
  }
  send(message) { this.child.stdin.write(JSON.stringify(message) + '\n'); }
  evidence() {
    this.send({ cmd: 'evidence' });
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${this.id} does not answer`)), 20000);
      this.waiting.push(report => { clearTimeout(timer); done(report); });
    });
  }
  async stop() {
    this.stopped = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise(done => this.child.once('exit', done));
    this.send({ cmd: 'stop' });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 3000);
    await gone;
    clearTimeout(timer);
  }
}

// A second of a tone, 16-bit mono of 48 kHz: whole periods, so that it can be repeated.
function wav(hz) {
  const samples = 48000, file = Buffer.alloc(44 + 2 * samples);
  file.write('RIFF', 0), file.writeUInt32LE(36 + 2 * samples, 4), file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16), file.writeUInt16LE(1, 20), file.writeUInt16LE(1, 22), file.writeUInt32LE(48000, 24);
  file.writeUInt32LE(96000, 28), file.writeUInt16LE(2, 32), file.writeUInt16LE(16, 34);
  file.write('data', 36), file.writeUInt32LE(2 * samples, 40);
  for (let i = 0; i < samples; i++) file.writeInt16LE(Math.round(8000 * Math.sin(2 * Math.PI * hz * i / samples)), 44 + 2 * i);
  return file;
}

// `quartet peer`: its camera and its received pictures and sound go through FIFOs, watched here.
class QuartetEndpoint extends ProcessEndpoint {
  constructor(id, program, s, hear) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quartet-interop-'));
    const camera = path.join(folder, 'camera'), frames = path.join(folder, 'frames-%'), sound = path.join(folder, 'sound-%');
    const received = frames.replace('%', s.otherId), heard = sound.replace('%', s.otherId);
    for (const fifo of [camera, received, heard]) childProcess.execFileSync('mkfifo', [fifo]);
    fs.writeFileSync(path.join(folder, 'tone.wav'), wav(s.playHz));
    super(id, [program, 'peer'], { LAB_ID: id, LAB_PEERS: s.otherId, LAB_W: s.width, LAB_H: s.height, LAB_FPS: s.fps,
      LAB_SEND: 1, LAB_RECV: 1, ...(s.codec ? { LAB_CODEC: s.codec } : {}), ...(s.data ? { LAB_DATA: 1 } : {}), LAB_CAMERA: camera, LAB_OUTPUT: frames,
      LAB_MIC: path.join(folder, 'tone.wav'), LAB_SOUND: sound }, hear);
    Object.assign(this, { folder, watcher: new Watcher(s.hearHz) });
    this.readers = [this.readFrames(received), this.readSound(heard)];
    this.film(camera, s);
  }
  film(fifo, { width, height, fps }) {
    // non-blocking: opening waits for the reader, and a reader that is slow must cost a picture, not stall the rest
    const child = childProcess.spawn('sh', ['-c', `cat >${fifo}`], { stdio: ['pipe', 'ignore', 'inherit'] });
    const frame = Buffer.alloc(width * height * 3 / 2, 128);
    let number = 0;
    child.stdin.on('error', () => clearInterval(this.timer));
    this.timer = setInterval(() => {
      draw(frame, width, height, number++ & 0xffff);
      if (child.stdin.writableLength < frame.length * 2) child.stdin.write(Buffer.from(frame));
    }, 1000 / fps);
    this.filmer = child;
  }
  // "VFR1", width, height, 1, 8 bytes of 0, 0xffffffff, 0, then I420
  readFrames(fifo) {
    let data = Buffer.alloc(0);
    const reader = fs.createReadStream(fifo, { highWaterMark: 1 << 20 });
    reader.on('data', chunk => {
      data = Buffer.concat([data, chunk]);
      while (data.length >= 32) {
        const width = data.readUInt32LE(4), height = data.readUInt32LE(8), size = 32 + width * height * 3 / 2;
        if (data.toString('latin1', 0, 4) !== 'VFR1') throw new Error('frames: not VFR1');
        if (data.length < size) break;
        this.watcher.picture(data.subarray(32), width, height, width, Date.now());
        data = data.subarray(size);
      }
    });
    return reader;
  }
  // raw 16-bit little-endian mono samples of 48 kHz
  readSound(fifo) {
    const reader = fs.createReadStream(fifo, { highWaterMark: 1 << 16 });
    let rest = Buffer.alloc(0);
    reader.on('data', chunk => {
      const data = Buffer.concat([rest, chunk]), samples = [];
      for (let i = 0; i + 1 < data.length; i += 2) samples.push(data.readInt16LE(i));
      rest = data.subarray(data.length & ~1);
      this.watcher.sound(samples, 48000);
    });
    return reader;
  }
  async evidence() { return this.watcher.report(); }
  async stop() {
    clearInterval(this.timer);
    await super.stop();
    this.filmer.kill();
    this.readers.forEach(reader => reader.destroy());
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

const browsers = {
  chromium: { browser: 'chrome', executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'] },
  firefox: { browser: 'firefox', executablePath: '/usr/bin/firefox-esr', extraPrefsFirefox: {
    'media.peerconnection.ice.loopback': true,
    'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0, 'app.update.enabled': false,
    'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false } },
};

// Firefox runs no audio graph without a sound device: a PulseAudio of our own, with a sink that goes nowhere.
class SilentDevice {
  constructor() {
    if (!fs.existsSync('/usr/bin/pulseaudio')) throw new Skip('/usr/bin/pulseaudio is not installed');
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quartet-sound-'));
    this.environment = { PULSE_SERVER: `unix:${this.folder}/native`, XDG_RUNTIME_DIR: this.folder, HOME: this.folder };
    this.child = childProcess.spawn('/usr/bin/pulseaudio', ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no',
      '-L', `module-native-protocol-unix socket=${this.folder}/native auth-anonymous=1`, '-L', 'module-null-sink'],
      { env: { ...process.env, ...this.environment }, stdio: 'ignore' });
  }
  stop() {
    this.child.kill('SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

class BrowserEndpoint {
  constructor(id, name, settings, hear) {
    Object.assign(this, { id, hear });
    this.ready = this.launch(name, settings);
  }
  async launch(name, settings) {
    const options = browsers[name];
    if (!fs.existsSync(options.executablePath)) throw new Skip(`${options.executablePath} is not installed`);
    this.server = http.createServer((request, response) => {
      const file = { '/': 'page.html', '/page.js': 'page.js', '/evidence.js': 'evidence.js', '/echo.js': 'echo.js' }[request.url];
      response.writeHead(file ? 200 : 204, { 'content-type': file === 'page.html' ? 'text/html' : 'text/javascript' });
      response.end(file && fs.readFileSync(path.join(__dirname, file)));
    });
    await new Promise(done => this.server.listen(0, '127.0.0.1', done));
    this.device = name === 'firefox' ? new SilentDevice() : null;
    const env = { ...process.env, ...(this.device ? this.device.environment : {}) };
    this.browser = await require('puppeteer-core').launch({ headless: true, env, ...options });
    this.page = await this.browser.newPage();
    this.page.on('pageerror', e => console.log(`${this.id}: ${e}`));
    this.page.on('console', m => console.log(`${this.id}: ${m.text()}`));
    await this.page.exposeFunction('send', message => { this.hear(message); });
    await this.page.goto(`http://127.0.0.1:${this.server.address().port}/`);
    const sound = await this.page.evaluate(s => begin(s), settings);
    console.log(`${this.id}: ${await this.browser.version()}, sound ${sound}`);
  }
  send(message) {
    this.page.evaluate(m => take(m), message).catch(e => this.stopped || this.hear({ ev: 'error', text: e.message }));
  }
  evidence() { return this.page.evaluate(() => watcher.report()); }
  async stop() {
    this.stopped = true;
    if (this.browser) await this.browser.close();
    if (this.server) this.server.close();
    if (this.device) this.device.stop();
  }
}

function python(module) {
  const found = childProcess.spawnSync('/usr/bin/python3', ['-c', `import ${module}`], { stdio: 'ignore' });
  if (found.status !== 0) throw new Skip(`${module} of Python is not installed`);
}

// One endpoint by its name: quartet, libwebrtc, chromium, firefox, aiortc, gstreamer.
function open(name, id, settings, bin, hear) {
  const script = file => path.join(__dirname, file);
  if (name === 'quartet') return new QuartetEndpoint(id, path.join(bin, 'quartet'), settings, hear);
  if (browsers[name]) return new BrowserEndpoint(id, name, settings, hear);
  if (name === 'libwebrtc') {
    try { require.resolve('@roamhq/wrtc'); } catch (e) { throw new Skip('the npm package @roamhq/wrtc is not installed'); }
    return new ProcessEndpoint(id, [process.execPath, script('ep_libwebrtc.js'), JSON.stringify(settings)], {}, hear);
  }
  if (name === 'aiortc') {
    python('aiortc, numpy');
    return new ProcessEndpoint(id, ['/usr/bin/python3', script('ep_aiortc.py'), JSON.stringify(settings)], {}, hear);
  }
  if (name === 'gstreamer') {
    python('gi, numpy; gi.require_version("GstWebRTC", "1.0")');
    return new ProcessEndpoint(id, ['/usr/bin/python3', script('ep_gstreamer.py'), JSON.stringify(settings)], {}, hear);
  }
  throw new Error(`no endpoint is called ${name}`);
}

module.exports = { open, Skip, browsers, SilentDevice, wav };
