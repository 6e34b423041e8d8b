// The room: one member for each other participant, one leg to each. Tells the page through events what there is to show.
import { Leg } from './leg.js';
import { Signal } from './signal.js';

const SEAT_GRACE_MS = 10000; // a server without memory hears of its guests one by one
// what a picture may be for 1, 2 and 3 receivers
const LIMITS = [{ bitrate: 1800000, height: 720 }, { bitrate: 900000, height: 480 }, { bitrate: 600000, height: 360 }];

export class Call extends EventTarget {
  // events: joined, knocking, lost, ended {code}, members (who is there changed), member {member}, track {member},
  // chat {member, text}, react {member, text}, mute-request {audio, video}
  constructor({ url, name, token, state, tracks }) {
    super();
    this.members = new Map();
    this.tracks = { ...tracks };
    this.servers = [];
    this.hand = false;
    const signal = this.signal = new Signal(url, { name, state, token });
    const on = (type, take) => signal.addEventListener(type, e => take(e.detail));
    on('joined', d => this.onJoined(d));
    on('peer', d => this.put(d));
    on('gone', d => this.onGone(d));
    on('desc', m => this.onDescription(m));
    on('cand', m => this.withLeg(m, leg => leg.take('cand', m.d)));
    on('turn', m => this.onTurn(m.d));
    for (const type of ['chat', 'react', 'mute-request'])
      on(type, m => this.members.has(m.from) && this.emit(type, { member: this.members.get(m.from), ...m.d }));
    for (const type of ['knocking', 'lost']) on(type, d => this.emit(type, d));
    on('ended', d => { this.closeLegs(); this.emit('ended', d); });
    signal.connect();
  }

  emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  // ---- who is there

  onJoined({ peers, resumed, self }) {
    this.self = self;
    if (!resumed) [...this.members.keys()].forEach(id => this.remove(id));
    const present = new Set(peers.map(p => p.id));
    for (const [id, member] of this.members) if (!present.has(id)) this.missing(id, member);
    peers.forEach(p => this.put(p));
    this.emit('joined', { resumed });
  }

  // the server has no seat for someone: gone, unless media flows and the seat comes back
  missing(id, member) {
    if (!member.leg || member.leg.state !== 'connected') return this.remove(id);
    clearTimeout(member.grace);
    member.grace = setTimeout(() => this.remove(id), SEAT_GRACE_MS);
  }

  put(participant) {
    const known = this.members.get(participant.id);
    if (known) {
      clearTimeout(known.grace);
      Object.assign(known, { participant });
      if (!known.leg) this.openLeg(known, this.offersTo(participant.id));
      return this.emit('member', { member: known });
    }
    const member = { id: participant.id, participant, leg: null, grace: 0, connectedOnce: false };
    this.members.set(participant.id, member);
    this.openLeg(member, this.offersTo(participant.id));
    this.limit();
    this.emit('members');
  }

  onGone(d) {
    const member = this.members.get(d.peer.id);
    if (member) this.remove(d.peer.id);
  }

  remove(id) {
    const member = this.members.get(id);
    if (!member) return;
    clearTimeout(member.grace);
    if (member.leg) member.leg.close();
    this.members.delete(id);
    this.limit();
    this.emit('members');
  }

  // ---- legs

  offersTo(id) { return this.self < id; }

  withLeg({ from }, use) {
    const member = this.members.get(from);
    if (member && member.leg) use(member.leg, member);
  }

  openLeg(member, offers, mends = 0) {
    const leg = member.leg = new Leg({
      self: this.self, id: member.id, offers, mends, servers: this.servers, tracks: this.tracks, limits: this.limits(),
      send: (t, d) => member.leg === leg && this.signal.send(t, d, member.id),
    });
    leg.addEventListener('track', () => this.emit('track', { member }));
    leg.addEventListener('state', e => {
      member.connectedOnce ||= e.detail === 'connected';
      if (e.detail === 'connected') leg.limit();
      this.emit('member', { member });
    });
    leg.addEventListener('hopeless', () => this.remake(member, true));
    this.emit('track', { member });
  }

  remake(member, offers) {
    const { mends } = member.leg;
    member.leg.close();
    this.openLeg(member, offers, mends);
  }

  onDescription(m) {
    this.withLeg(m, (leg, member) => {
      if (leg.isForeign(m.d)) {
        this.remake(member, m.d.type !== 'offer');
        if (m.d.type !== 'offer') return; // it answers an offer of before
      }
      member.leg.take('desc', m.d);
    });
  }

  onTurn({ urls, username, credential }) {
    this.servers = [{ urls, ...(username ? { username, credential } : {}) }];
    for (const { leg } of this.members.values()) if (leg) leg.setServers(this.servers);
  }

  limits() { return LIMITS[Math.min(Math.max(this.members.size, 1), 3) - 1]; }

  limit() { for (const { leg } of this.members.values()) if (leg) leg.limit(this.limits()); }

  closeLegs() { for (const { leg } of this.members.values()) if (leg) leg.close(); }

  // ---- what we do

  async replace(kind, track) {
    this.tracks[kind] = track;
    await Promise.all([...this.members.values()].map(({ leg }) => leg && leg.replace(kind, track)));
  }

  setState(state) { this.signal.setState(state); }
  chat(text) { this.signal.send('chat', { text }); }
  react(text) { this.signal.send('react', { text }); }
  raise(raised) { this.hand = raised; this.signal.send('hand', { raised }); }

  leave() {
    this.signal.leave();
    this.closeLegs();
  }
}
