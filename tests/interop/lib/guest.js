'use strict';
// A browser on the guest page that quartetd serves. Its camera and microphone are a canvas and an oscillator, put in
// place before the page runs; everything else is the page as a person gets it.
const fs = require('fs'), path = require('path');
const { browsers, SilentDevice, Skip } = require('./endpoints.js');

const sources = ['pattern.js', 'evidence.js', 'guest_devices.js'].map(f => fs.readFileSync(path.join(__dirname, f), 'utf8'));

class Guest {
  // settings: {width, height, fps, playHz, devices: 'there', 'refused' or 'missing'}
  static async open(browser, url, settings) {
    const guest = new Guest(), options = browsers[browser];
    if (!fs.existsSync(options.executablePath)) throw new Skip(`${options.executablePath} is not installed`);
    Object.assign(guest, { browserName: browser, problems: [], origin: new URL(url).origin });
    guest.device = browser === 'firefox' ? new SilentDevice() : null;
    const env = { ...process.env, ...(guest.device ? guest.device.environment : {}) };
    guest.browser = await require('puppeteer-core').launch({ headless: true, env, ...options });
    guest.page = await guest.browser.newPage();
    guest.page.on('pageerror', e => guest.problems.push(`error: ${e.message}`));
    guest.page.on('console', m => ['error', 'warn'].includes(m.type()) && guest.problems.push(`console: ${m.text()}`));
    guest.page.on('request', r => r.url().startsWith(guest.origin) || guest.problems.push(`asks elsewhere: ${r.url()}`));
    const script = `${sources.join(';\n')};\nguestDevices(${JSON.stringify(settings)});`;
    await guest.page.evaluateOnNewDocument(new Function(script));
    await guest.page.goto(url);
    return guest;
  }

  screen() { return this.page.evaluate(() => document.body.dataset.screen); }
  text(selector) { return this.page.$eval(selector, e => (e.hidden ? '' : e.textContent.trim())); }
  click(selector) { return this.page.$eval(selector, e => e.click()); }

  // until `test`, a function that runs in the page, is true
  async until(test, what, ms = 20000, ...args) {
    await this.page.waitForFunction(test, { timeout: ms, polling: 100 }, ...args)
      .catch(async e => { throw new Error(`${this.browserName}: no ${what} within ${ms / 1000} s, on screen ${await this.screen()} (${e.name})`); });
  }

  async join(name) {
    await this.until(() => document.body.dataset.screen === 'preview' && !!document.getElementById('mirror').srcObject, 'preview');
    await this.page.$eval('#name', (e, value) => { e.value = value; }, name);
    await this.click('#join');
    await this.until(() => document.body.dataset.screen === 'call', 'call');
  }

  // what was seen and heard of each other participant, by name: {pictures, unreadable, size, tones: {hz: blocks}}
  evidence() { return this.page.evaluate(() => guestEvidence()); }

  async shot(file, { width, height, scheme = 'dark' }) {
    await this.page.setViewport({ width, height });
    await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await this.page.evaluate(() => new Promise(done => setTimeout(done, 300)));
    await this.page.screenshot({ path: file });
  }

  async close() {
    if (this.browser) await this.browser.close().catch(() => {});
    if (this.device) this.device.stop();
  }
}

module.exports = { Guest };
