// One connection to one participant, by perfect negotiation (W3C WebRTC §10.7). One sound and one picture each way for
// its whole life: muting, another device and a shared screen replace tracks, and nothing is negotiated again but ICE.

const OFFER_AFTER_MS = 60; // what the server says of TURN comes right behind "joined"
const CONNECT_MS = 12000, INTERRUPTED_MS = 2000, POLITE_MS = 4000, RESTARTS = 2;
const KINDS = ['audio', 'video'];

const sessionOf = sdp => (/^o=\S+ (\S+)/m.exec(sdp) || [])[1];

export class Leg extends EventTarget {
  // events: state (connected, connecting, disconnected, failed), track
  // `send(type, d)` reaches the far side; `tracks` {audio, video} may hold null
  constructor({ self, id, offers, servers, tracks, limits, send, mends = 0 }) {
    super();
    Object.assign(this, { id, send, tracks: { ...tracks }, limits, mends, polite: self > id, transceivers: {} });
    Object.assign(this, { candidates: [], batch: [], making: false, ignoring: false, closed: false, state: 'connecting' });
    this.stream = new MediaStream(); // what comes
    this.chain = Promise.resolve();
    const pc = this.pc = new RTCPeerConnection({ iceServers: servers, bundlePolicy: 'max-bundle' });
    pc.onicecandidate = e => this.onCandidate(e.candidate);
    pc.onnegotiationneeded = () => this.describe();
    pc.onconnectionstatechange = () => this.onState();
    pc.ontrack = e => this.onTrack(e.track);
    if (offers) this.offerTimer = setTimeout(() => this.offer(), OFFER_AFTER_MS);
    this.mendAfter(this.patience());
  }

  offer() {
    for (const kind of KINDS) {
      this.transceivers[kind] = this.pc.addTransceiver(this.tracks[kind] || kind, { direction: 'sendrecv' });
    }
  }

  setServers(servers) { this.pc.setConfiguration({ iceServers: servers, bundlePolicy: 'max-bundle' }); }

  // ---- negotiation

  async describe() {
    const pc = this.pc;
    try {
      this.making = true;
      await pc.setLocalDescription();
      this.sendDescription();
    } catch (e) {
      if (!this.closed) console.warn('describe', e);
    } finally {
      this.making = false;
    }
  }

  sendDescription() {
    const { type, sdp } = this.pc.localDescription;
    this.send('desc', { type, sdp });
  }

  onCandidate(candidate) {
    if (!candidate) {
      this.flush();
      return this.send('cand-end');
    }
    if (!candidate.candidate) return;
    this.batch.push(candidate.toJSON());
    if (this.batch.length === 1) queueMicrotask(() => this.flush());
  }

  flush() {
    if (this.batch.length && !this.closed) this.send('cand', { candidates: this.batch.splice(0) });
  }

  // does this description come from a connection that the far side made anew?
  isForeign(d) {
    const remote = this.pc.remoteDescription;
    return !!remote && sessionOf(remote.sdp) !== sessionOf(d.sdp);
  }

  // descriptions and candidates are taken strictly in their order
  take(type, d) {
    this.chain = this.chain.then(() => !this.closed && (type === 'desc' ? this.onDescription(d) : this.onCandidates(d)))
      .catch(e => this.closed || console.warn(type, e));
    return this.chain;
  }

  async onDescription(d) {
    const pc = this.pc;
    if (d.type === 'answer' && pc.signalingState === 'stable') return; // to an offer that was taken back
    const collision = d.type === 'offer' && (this.making || pc.signalingState !== 'stable');
    this.ignoring = collision && !this.polite;
    if (this.ignoring) return;
    clearTimeout(this.offerTimer);
    await pc.setRemoteDescription(d);
    for (const c of this.candidates.splice(0)) await this.addCandidate(c);
    if (d.type !== 'offer') return this.limit();
    await this.adopt();
    await pc.setLocalDescription();
    this.sendDescription();
    this.limit();
  }

  // answer on what was offered: the first of a kind; our own that an offer of theirs crossed are of no use
  async adopt() {
    const all = this.pc.getTransceivers();
    for (const kind of KINDS) {
      const theirs = all.find(t => t.mid !== null && t.receiver.track.kind === kind);
      if (!theirs) continue;
      this.transceivers[kind] = theirs;
      theirs.direction = 'sendrecv';
      await theirs.sender.replaceTrack(this.tracks[kind]);
    }
    all.filter(t => t.mid === null).forEach(t => t.stop());
  }

  async onCandidates({ candidates }) {
    for (const c of candidates) {
      if (this.pc.remoteDescription) await this.addCandidate(c);
      else this.candidates.push(c);
    }
  }

  addCandidate(c) {
    return this.pc.addIceCandidate(c).catch(e => this.ignoring || console.debug('candidate', e.message));
  }

  // ---- media

  async replace(kind, track) {
    this.tracks[kind] = track;
    const transceiver = this.transceivers[kind];
    if (transceiver) await transceiver.sender.replaceTrack(track).catch(e => console.warn('replaceTrack', e));
    if (kind === 'video') this.limit();
  }

  // how large and how fast the picture may be: {bitrate, height}, by the number of receivers
  async limit(limits = this.limits) {
    this.limits = limits;
    const sender = this.transceivers.video && this.transceivers.video.sender, track = sender && sender.track;
    if (!track) return;
    const parameters = sender.getParameters(), encoding = (parameters.encodings || [])[0];
    if (!encoding) return;
    const height = track.getSettings().height || 0, screen = track.contentHint === 'detail';
    encoding.maxBitrate = screen ? Math.max(limits.bitrate, 1500000) : limits.bitrate;
    encoding.scaleResolutionDownBy = screen || !height ? 1 : Math.max(1, height / limits.height);
    await sender.setParameters(parameters).catch(e => console.debug('setParameters', e.message));
  }

  onTrack(track) {
    this.stream.getTracks().filter(t => t.kind === track.kind).forEach(t => this.stream.removeTrack(t));
    this.stream.addTrack(track);
    this.dispatchEvent(new CustomEvent('track', { detail: track }));
  }

  // ---- repair

  patience() { return (CONNECT_MS << Math.min(this.mends, 3)) + (this.polite ? POLITE_MS : 0); }

  mendAfter(ms) {
    clearTimeout(this.mendTimer);
    this.mendTimer = setTimeout(() => this.mend(), ms);
  }

  onState() {
    const state = this.pc.connectionState, courtesy = this.polite ? POLITE_MS : 0;
    if (this.closed || state === 'new' || state === 'closed') return;
    if (state === 'connected') {
      clearTimeout(this.mendTimer);
      this.mends = 0;
    } else if (state === 'disconnected') {
      this.mendAfter(INTERRUPTED_MS + courtesy);
    } else if (state === 'failed') {
      this.mendAfter(courtesy);
    }
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }

  mend() {
    if (this.closed) return;
    this.mends++;
    if (this.mends > RESTARTS || !this.pc.remoteDescription) {
      this.dispatchEvent(new CustomEvent('hopeless'));
      return;
    }
    this.mendAfter(this.patience());
    this.pc.restartIce();
  }

  close() {
    this.closed = true;
    clearTimeout(this.mendTimer);
    clearTimeout(this.offerTimer);
    this.pc.close();
  }
}
