// The session with quartetd: quartet.v1 of spec/signaling.md. It joins, stays, and comes back after a lost connection
// with nothing lost or doubled. Knows nothing of media.
import { Ledger } from './ledger.js';

const CONNECT_MS = 10000, BACKOFF_MS = [250, 500, 1000, 2000, 4000], FIRST_ATTEMPTS = 3;
// after these the server wants no more of us
const FINAL = new Set(['version', 'bad-room', 'room-full', 'locked', 'denied', 'removed', 'ended', 'token']);
const UNNUMBERED = new Set(['hello', 'join', 'resume', 'ping', 'pong', 'turn']);

export class Signal extends EventTarget {
  // events, each with `detail`: joined {self, peers, resumed}, knocking, lost, ended {code}, peer, gone, desc, cand,
  // chat, react, lock, turn, knock, mute-request, all but the first four as the message came
  constructor(url, { name, state, token }) {
    super();
    Object.assign(this, { url, name, state, token, phase: 'idle', self: '', ticket: '', attempts: 0, code: '' });
    this.peers = new Map();
    this.nextId = 1;
    this.ledger = new Ledger();
  }

  emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  connect() {
    this.phase = 'connecting';
    const socket = this.socket = new WebSocket(this.url, 'quartet.v1');
    this.wait(CONNECT_MS);
    socket.onopen = () => socket === this.socket && this.write({ t: 'hello', d: { versions: [1], agent: 'quartet-web' } });
    socket.onmessage = e => socket === this.socket && this.hear(e.data);
    socket.onclose = () => socket === this.socket && this.lose();
  }

  // nothing heard for so long: the connection is no use
  wait(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lose(), ms);
  }

  drop() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.close();
  }

  lose() {
    const joined = this.phase === 'joined';
    this.drop();
    if (this.phase === 'ended') return;
    if (FINAL.has(this.code)) return this.end(this.code);
    this.attempts++;
    if (!this.ticket && this.attempts >= FIRST_ATTEMPTS) return this.end(this.code || 'unreachable');
    this.phase = 'waiting';
    if (joined) this.emit('lost');
    const full = BACKOFF_MS[Math.min(this.attempts, BACKOFF_MS.length) - 1];
    this.timer = setTimeout(() => this.connect(), full * (1 - Math.random() / 2));
  }

  // the network is back: do not sit out the pause
  hurry() {
    if (this.phase !== 'waiting') return;
    clearTimeout(this.timer);
    this.connect();
  }

  end(code) {
    this.phase = 'ended';
    this.drop();
    this.emit('ended', { code });
  }

  leave() {
    if (this.phase === 'ended') return;
    if (this.phase === 'joined') this.send('leave');
    this.phase = 'ended';
    this.drop();
  }

  // ---- sending

  write(message) {
    if (this.socket && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  writeNumbered(entry) {
    this.write({ ...entry.message, seq: entry.seq, ack: this.ledger.ack() });
  }

  // `d` to one participant or, without `to`, to whom the type concerns. What is sent while the connection is lost
  // waits for the next one.
  send(t, d = {}, to) {
    const message = { t, id: this.nextId++, ...(to ? { to } : {}), d };
    if (UNNUMBERED.has(t)) return this.write(message);
    const entry = this.ledger.add(message);
    if (this.phase === 'joined') this.writeNumbered(entry);
  }

  setState(state) {
    this.state = state;
    if (this.ticket) this.send('state', state);
  }

  // ---- receiving

  hear(text) {
    let m;
    try { m = JSON.parse(text); } catch { return; }
    const d = m.d || {};
    if (this.phase === 'joined') this.wait(this.deadMs);
    if (!this.ledger.take(m)) return;
    this.take(m, d);
    if (this.ledger.owesAck()) this.pong();
  }

  pong() { this.write({ t: 'pong', ack: this.ledger.ack() }); }

  take(m, d) {
    switch (m.t) {
      case 'welcome': return this.welcomed(d);
      case 'joined': return this.joined(d, false);
      case 'resumed': return this.joined(d, true);
      case 'ping': return this.pong();
      case 'error': return this.refused(d);
      case 'peer': return this.told(d);
      case 'knock':
        if (this.phase === 'joined') return this.emit('knock', m);
        clearTimeout(this.timer); // as long as it takes: the server ends it
        return this.emit('knocking');
      case 'desc': case 'cand': case 'chat': case 'react': case 'lock': case 'turn': case 'mute-request':
        return this.emit(m.t, m);
    }
  }

  welcomed(d) {
    this.deadMs = d.dead_ms || 25000;
    this.phase = 'joining';
    this.code = '';
    if (this.ticket)
      this.write({ t: 'resume', d: { ticket: this.ticket, last: this.ledger.heard, name: this.name, state: this.state } });
    else
      this.join();
  }

  join() {
    this.write({ t: 'join', d: { name: this.name, state: this.state, ...(this.token ? { token: this.token } : {}) } });
  }

  joined(d, resumed) {
    if (!resumed) this.ledger = new Ledger();
    else if (d.fresh) this.ledger.renumber();
    else this.ledger.resume(d.last);
    Object.assign(this, { phase: 'joined', self: d.self, ticket: d.ticket || this.ticket, role: d.role, attempts: 0 });
    this.peers = new Map((d.peers || []).map(peer => [peer.id, peer]));
    this.wait(this.deadMs);
    this.emit('joined', { self: d.self, peers: [...this.peers.values()], resumed, locked: d.locked, lobby: d.lobby });
    this.ledger.outbox.forEach(entry => this.writeNumbered(entry));
    if (resumed && d.fresh) this.send('state', this.state);
  }

  refused(d) {
    if (d.code === 'expired' && this.phase === 'joining') { // the seat is gone: take another one
      this.ticket = '';
      return this.join();
    }
    this.code = d.code;
    if (FINAL.has(d.code)) this.end(d.code);
  }

  told(d) {
    const id = d.peer.id;
    if (d.change === 'gone') {
      this.peers.delete(id);
      this.ledger.forget(id);
      return this.emit('gone', d);
    }
    if (id === this.self) {
      this.role = d.peer.role;
      return this.emit('self', d.peer);
    }
    this.peers.set(id, d.peer);
    this.emit('peer', d.peer);
  }
}
