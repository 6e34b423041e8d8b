'use strict';
// One endpoint of a call: a page. `take` gets messages, `send` (put there by the driver) gives them, see README.md.
let settings, pc, other, stream, audio, watcher;
const held = [], sources = [];
const $ = id => document.getElementById(id);

function camera() {
  const { width, height, fps } = settings, canvas = $('camera'), luma = new Uint8Array(width * height);
  let number = 0;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d'), image = context.createImageData(width, height);
  const paint = () => {
    evidence.draw(luma, width, height, number++ & 0xffff);
    for (let i = 0; i < luma.length; i++) image.data.fill((luma[i] - 16) * 255 / 219, 4 * i, 4 * i + 3), image.data[4 * i + 3] = 255;
    context.putImageData(image, 0, 0);
  };
  paint();
  setInterval(paint, 1000 / fps);
  return canvas.captureStream(fps).getVideoTracks()[0];
}

function microphone() {
  const tone = audio.createOscillator(), level = audio.createGain(), end = audio.createMediaStreamDestination();
  tone.frequency.value = settings.playHz;
  level.gain.value = .25;
  tone.connect(level).connect(end);
  tone.start();
  sources.push(tone); // or it may be collected
  return end.stream.getAudioTracks()[0];
}

async function begin(given) {
  settings = given;
  audio = new AudioContext({ sampleRate: 48000 });
  watcher = new evidence.Watcher(settings.hearHz);
  await Promise.race([audio.resume(), new Promise(done => setTimeout(done, 2000))]);
  stream = new MediaStream([microphone(), camera()]);
  return audio.state;
}

function look(track) {
  const video = $('screen'), canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const onFrame = () => {
    const width = video.videoWidth, height = video.videoHeight, rows = Math.ceil(width / 20);
    Object.assign(canvas, { width, height: rows });
    context.drawImage(video, 0, 0);
    const pixels = context.getImageData(0, 0, width, rows).data, luma = new Uint8Array(width * rows);
    for (let i = 0; i < luma.length; i++) luma[i] = 16 + pixels[4 * i] * 219 / 255;
    watcher.picture(luma, width, height, width, performance.timeOrigin + performance.now());
    video.requestVideoFrameCallback(onFrame);
  };
  video.srcObject = new MediaStream([track]);
  video.requestVideoFrameCallback(onFrame);
  video.play();
}

function listen(track) {
  const remote = new MediaStream([track]), analyser = audio.createAnalyser(), samples = new Float32Array(4800);
  $('speaker').srcObject = remote; // Chromium plays into the graph only what an element plays too
  const source = audio.createMediaStreamSource(remote);
  analyser.fftSize = 8192;
  source.connect(analyser);
  sources.push(source);
  setInterval(() => {
    const all = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(all);
    samples.set(all.subarray(all.length - samples.length));
    watcher.sound(samples, audio.sampleRate);
  }, 100);
}

function open(id) {
  if (pc) return;
  other = id;
  pc = new RTCPeerConnection();
  pc.onicecandidate = e => e.candidate && send({ to: other, ice: e.candidate.toJSON() });
  pc.onconnectionstatechange = () => send({ ev: pc.connectionState });
  pc.ondatachannel = e => echo.answer(e.channel, ev => send({ ev }));
  pc.ontrack = e => (e.track.kind === 'video' ? look : listen)(e.track);
}

async function describe() {
  await pc.setLocalDescription();
  send({ to: other, sdp: { type: pc.localDescription.type, sdp: pc.localDescription.sdp } });
}

async function take(message) {
  if (message.cmd === 'start') {
    for (const id of message.call) {
      open(id);
      for (const track of stream.getTracks()) pc.addTrack(track, stream);
      if (settings.data) echo.call(pc.createDataChannel('echo'), () => pc.sctp.maxMessageSize, ev => send({ ev }));
      await describe();
    }
  } else if (message.sdp) {
    open(message.from);
    await pc.setRemoteDescription(message.sdp);
    if (message.sdp.type === 'offer') {
      for (const track of stream.getTracks()) pc.addTrack(track, stream);
      await describe();
    }
    for (const candidate of held.splice(0)) await pc.addIceCandidate(candidate);
  } else if (message.ice) {
    if (pc && pc.remoteDescription) await pc.addIceCandidate(message.ice);
    else held.push(message.ice);
  }
}
