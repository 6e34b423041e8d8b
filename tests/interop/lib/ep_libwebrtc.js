'use strict';
// One endpoint of a call: libwebrtc in Node. JSON lines on stdin and stdout, see README.md.
const wrtc = require('@roamhq/wrtc');
const { draw, Watcher } = require('./evidence.js');
const { echo } = require('./echo.js');
const lines = require('./lines.js');
const { width, height, fps, playHz, hearHz, data } = JSON.parse(process.argv[2]);
const out = message => process.stdout.write(JSON.stringify(message) + '\n');

const videoSource = new wrtc.nonstandard.RTCVideoSource(), audioSource = new wrtc.nonstandard.RTCAudioSource();
const tracks = [audioSource.createTrack(), videoSource.createTrack()], stream = new wrtc.MediaStream(tracks);
const watcher = new Watcher(hearHz), held = [], sinks = [];
let pc, other, number = 0, played = 0, began;

function play() {
  if (began) return;
  began = Date.now();
  setInterval(() => {
    const data = new Uint8ClampedArray(width * height * 3 / 2).fill(128);
    draw(data, width, height, number++ & 0xffff);
    videoSource.onFrame({ width, height, data, rotation: 0 });
  }, 1000 / fps);
  setInterval(() => {
    for (; played * 10 <= Date.now() - began; played++) {
      const samples = new Int16Array(480);
      for (let i = 0; i < 480; i++) samples[i] = 8000 * Math.sin(2 * Math.PI * playHz * (played * 480 + i) / 48000);
      audioSource.onData({ samples, sampleRate: 48000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 });
    }
  }, 10);
}

function watch(track) {
  if (track.kind === 'video') {
    const sink = new wrtc.nonstandard.RTCVideoSink(track);
    sink.onframe = ({ frame }) => watcher.picture(frame.data, frame.width, frame.height, frame.width, Date.now());
    sinks.push(sink);
  } else {
    const sink = new wrtc.nonstandard.RTCAudioSink(track);
    sink.ondata = ({ samples, sampleRate, channelCount }) =>
      watcher.sound(channelCount === 1 ? samples : samples.filter((_, i) => i % channelCount === 0), sampleRate);
    sinks.push(sink);
  }
}

function open(id) {
  if (pc) return;
  other = id;
  pc = new wrtc.RTCPeerConnection();
  pc.onicecandidate = e => e.candidate && out({ to: other, ice: e.candidate });
  pc.onconnectionstatechange = () => out({ ev: pc.connectionState });
  pc.ontrack = e => watch(e.track);
  pc.ondatachannel = e => echo.answer(e.channel, ev => out({ ev }));
}

async function take(message) {
  if (message.cmd === 'start') {
    play();
    for (const id of message.call) {
      open(id);
      for (const track of tracks) pc.addTrack(track, stream);
      if (data) echo.call(pc.createDataChannel('echo'), () => pc.sctp.maxMessageSize, ev => out({ ev }));
      await pc.setLocalDescription(await pc.createOffer());
      out({ to: id, sdp: pc.localDescription });
    }
  } else if (message.sdp) {
    open(message.from);
    await pc.setRemoteDescription(message.sdp);
    if (message.sdp.type === 'offer') {
      for (const track of tracks) pc.addTrack(track, stream);
      await pc.setLocalDescription(await pc.createAnswer());
      out({ to: other, sdp: pc.localDescription });
    }
    for (const candidate of held.splice(0)) await pc.addIceCandidate(candidate);
  } else if (message.ice) {
    if (pc && pc.remoteDescription) await pc.addIceCandidate(message.ice);
    else held.push(message.ice);
  } else if (message.cmd === 'evidence') {
    out({ ev: 'evidence', report: watcher.report() });
  } else if (message.cmd === 'stop') {
    process.exit(0);
  }
}

lines(process.stdin, line => take(JSON.parse(line)).catch(e => out({ ev: 'error', text: String(e.message || e) })));
process.stdin.on('end', () => process.exit(0));
out({ ev: 'ready' });
