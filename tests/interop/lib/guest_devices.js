'use strict';
// Runs in the page before its own scripts: camera, microphone and screen of its browser, and a watcher of its tiles.
function guestDevices(settings) {
  if (!('MediaDevices' in self)) return; // about:blank in Firefox, before the page: it has no devices
  const fail = name => Promise.reject(new DOMException('told so by the test', name));
  const kept = []; // or they may be collected

  function film(width, height, fps) {
    const canvas = document.createElement('canvas'), context = Object.assign(canvas, { width, height }).getContext('2d');
    let number = 0;
    const paint = () => {
      const cell = width / pattern.CELLS;
      context.fillStyle = `hsl(${number % 360} 45% 45%)`;
      context.fillRect(0, 0, width, height);
      pattern.cells(number & 0xffff).forEach((white, i) => {
        context.fillStyle = white ? '#fff' : '#000';
        context.fillRect(i * cell, 0, cell, cell);
      });
      context.fillStyle = '#fff';
      context.fillRect((3 * number) % width, height / 2, width / 8, height / 8);
      number++;
    };
    paint();
    setInterval(paint, 1000 / fps);
    kept.push(canvas);
    return canvas.captureStream(fps).getVideoTracks()[0];
  }

  function tone(hz) {
    const audio = new AudioContext({ sampleRate: 48000 }), source = audio.createOscillator(), level = audio.createGain();
    const end = audio.createMediaStreamDestination();
    source.frequency.value = hz;
    level.gain.value = .2;
    source.connect(level).connect(end);
    source.start();
    kept.push(audio, source);
    return end.stream.getAudioTracks()[0];
  }

  MediaDevices.prototype.getUserMedia = async ({ audio, video }) => {
    if (settings.devices === 'refused') return fail('NotAllowedError');
    if (settings.devices === 'missing') return fail('NotFoundError');
    const { width, height, fps, playHz } = settings;
    return new MediaStream([...(audio ? [tone(playHz)] : []), ...(video ? [film(width, height, fps)] : [])]);
  };
  MediaDevices.prototype.getDisplayMedia = async () => new MediaStream([film(640, 360, 5)]);

  // ---- what the tiles show and say

  const seen = new Map();

  function look(report, video, isGone) {
    const canvas = document.createElement('canvas'), context = canvas.getContext('2d', { willReadFrequently: true });
    const onFrame = () => {
      const width = video.videoWidth, rows = Math.ceil(width / pattern.CELLS) || 1;
      if (isGone()) return;
      Object.assign(canvas, { width: width || 1, height: rows });
      context.drawImage(video, 0, 0);
      const number = pattern.readBytes(context.getImageData(0, 0, canvas.width, rows).data, canvas.width, 4 * canvas.width, 4);
      report.pictures++;
      report.size = `${width}x${video.videoHeight}`;
      if (number < 0) report.unreadable++;
      else report.numbers.add(number);
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  const audio = new AudioContext({ sampleRate: 48000 });

  function listen(report, stream, isGone) {
    const analyser = audio.createAnalyser(), samples = new Float32Array(8192), source = audio.createMediaStreamSource(stream);
    analyser.fftSize = samples.length;
    source.connect(analyser);
    kept.push(source);
    const timer = setInterval(() => {
      if (isGone()) return clearInterval(timer);
      analyser.getFloatTimeDomainData(samples);
      for (const hz of settings.hearHz || [])
        if (evidence.share(samples.subarray(samples.length - 4800), 48000, hz) > .7) report.tones[hz] = (report.tones[hz] || 0) + 1;
    }, 100);
  }

  function watchTiles() {
    for (const tile of document.querySelectorAll('.tile:not(.self)')) {
      const video = tile.querySelector('video'), stream = video.srcObject;
      if (!stream || (seen.get(tile) || {}).stream === stream) continue;
      if (!stream.getAudioTracks().length || !stream.getVideoTracks().length) continue;
      const report = { stream, pictures: 0, unreadable: 0, numbers: new Set(), size: '', tones: {} };
      const isGone = () => seen.get(tile) !== report;
      seen.set(tile, report);
      look(report, video, isGone);
      listen(report, stream, isGone);
    }
  }
  addEventListener('DOMContentLoaded', () => setInterval(watchTiles, 200));
  addEventListener('securitypolicyviolation', e => console.error(`against the policy: ${e.violatedDirective} ${e.blockedURI}`));

  globalThis.guestEvidence = () => Object.fromEntries([...seen].filter(([tile]) => tile.isConnected).map(([tile, r]) =>
    [tile.querySelector('.who').textContent, { pictures: r.pictures, distinct: r.numbers.size, unreadable: r.unreadable,
      size: r.size, tones: r.tones }]));
}
