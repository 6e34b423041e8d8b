// Camera, microphone and screen of this device, and how loud it is.

const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };

const exactly = id => (id ? { deviceId: { exact: id } } : {});

// What went wrong, as a key of words.js.
export function causeOf(error, kind) {
  const what = kind === 'video' ? 'camera' : 'mic';
  switch (error && error.name) {
    case 'NotAllowedError': case 'SecurityError': return `${what}-refused`;
    case 'NotFoundError': case 'OverconstrainedError': return `${what}-missing`;
    case 'NotReadableError': case 'AbortError': return `${what}-busy`;
    default: return `${what}-broken`;
  }
}

export class Media extends EventTarget {
  // events: change (tracks or devices), ended {kind}
  constructor() {
    super();
    this.tracks = { audio: null, video: null };
    this.causes = { audio: '', video: '' };
    this.chosen = { audio: '', video: '', speaker: '' };
    this.facing = 'user';
    this.devices = { audioinput: [], videoinput: [], audiooutput: [] };
    if (navigator.mediaDevices) {
      navigator.mediaDevices.addEventListener('devicechange', () => this.list());
    }
  }

  // Both at once asks the person one question; when that fails, each alone says what is wrong with it.
  async open() {
    if (!navigator.mediaDevices) {
      this.causes = { audio: 'insecure', video: 'insecure' };
      return this.changed();
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: AUDIO, video: { ...VIDEO, facingMode: 'user' } });
      this.adopt('audio', stream.getAudioTracks()[0]);
      this.adopt('video', stream.getVideoTracks()[0]);
    } catch {
      await this.take('audio');
      await this.take('video');
    }
    await this.list();
  }

  constraints(kind) {
    if (kind === 'audio') return { audio: { ...AUDIO, ...exactly(this.chosen.audio) } };
    return { video: { ...VIDEO, ...(this.chosen.video ? exactly(this.chosen.video) : { facingMode: this.facing }) } };
  }

  // (Again) take the device of a kind that is chosen. @return whether there is one now
  async take(kind) {
    if (!navigator.mediaDevices) return false;
    if (kind === 'video' && this.tracks.video) this.tracks.video.stop(); // phones open one camera at a time
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.constraints(kind));
      this.adopt(kind, stream.getTracks()[0]);
    } catch (e) {
      this.adopt(kind, null, causeOf(e, kind));
    }
    this.changed();
    return !!this.tracks[kind];
  }

  adopt(kind, track, cause = '') {
    const old = this.tracks[kind];
    if (old && old !== track) old.stop();
    this.tracks[kind] = track || null;
    this.causes[kind] = track ? '' : cause;
    if (!track) return;
    track.addEventListener('ended', () => {
      if (this.tracks[kind] === track) this.adopt(kind, null, kind === 'video' ? 'camera-lost' : 'mic-lost'), this.changed();
    });
  }

  // turn the camera off so that its light goes out, too
  release(kind) {
    this.adopt(kind, null);
    this.changed();
  }

  async list() {
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    for (const kind of Object.keys(this.devices)) this.devices[kind] = all.filter(d => d.kind === kind && d.deviceId);
    this.changed();
  }

  // the other camera: front and back on a phone, the next one elsewhere
  async flip() {
    const cameras = this.devices.videoinput, track = this.tracks.video;
    const settings = track ? track.getSettings() : {};
    if (settings.facingMode) {
      this.chosen.video = '';
      this.facing = settings.facingMode === 'user' ? 'environment' : 'user';
    } else if (cameras.length > 1) {
      const at = cameras.findIndex(d => d.deviceId === settings.deviceId);
      this.chosen.video = cameras[(at + 1) % cameras.length].deviceId;
    }
    return this.take('video');
  }

  isMirrored() {
    const track = this.tracks.video;
    return !!track && (track.getSettings().facingMode || 'user') === 'user';
  }

  close() { for (const kind of ['audio', 'video']) this.adopt(kind, null); }

  changed() { this.dispatchEvent(new Event('change')); }
}

// A screen, or null when the person thought better of it.
export async function openScreen() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
    const track = stream.getVideoTracks()[0];
    track.contentHint = 'detail';
    return track;
  } catch {
    return null;
  }
}

// Loudness of a track, 0 to 1, as a meter shows it.
export class Level {
  constructor() {
    this.samples = new Float32Array(1024);
  }
  watch(track) {
    this.stop();
    if (!track) return;
    this.context = new AudioContext();
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = this.samples.length;
    this.source.connect(this.analyser);
  }
  read() {
    if (!this.analyser) return 0;
    if (this.context.state === 'suspended') this.context.resume().catch(() => {});
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const s of this.samples) sum += s * s;
    const db = 10 * Math.log10(sum / this.samples.length + 1e-9);
    return Math.min(1, Math.max(0, (db + 60) / 50));
  }
  stop() {
    if (this.context) this.context.close();
    this.context = this.analyser = this.source = null;
  }
}
