// What a session has sent and heard, by number: after a lost connection nothing is missing and nothing comes twice
// (spec/signaling.md, sections 2 and 5).

const OUTBOX_MESSAGES = 1024, ACK_EVERY = 16;

export class Ledger {
  constructor() {
    this.outbox = []; // sent or to be sent, not acknowledged yet: {seq, message}
    this.nextSeq = 1;
    this.heard = this.acked = 0;
    this.heardIds = new Map(); // participant -> its highest id
  }

  add(message) {
    const entry = { seq: this.nextSeq++, message };
    this.outbox.push(entry);
    if (this.outbox.length > OUTBOX_MESSAGES) this.outbox.shift();
    return entry;
  }

  // the number to acknowledge with, now that something is written
  ack() { return this.acked = this.heard; }

  owesAck() { return this.heard - this.acked >= ACK_EVERY; }

  // notes a message's numbers; false: it was heard before
  take(m) {
    if (m.ack) this.outbox = this.outbox.filter(entry => entry.seq > m.ack);
    if (m.seq) {
      if (m.seq <= this.heard) return false;
      this.heard = m.seq;
    }
    if (m.from && m.id) {
      if (m.id <= (this.heardIds.get(m.from) || 0)) return false;
      this.heardIds.set(m.from, m.id);
    }
    return true;
  }

  // the server remembers us up to number `last` of ours
  resume(last) { this.outbox = this.outbox.filter(entry => entry.seq > last); }

  // the server knows our seat and none of the numbers: both sides count anew, and all that waits is sent
  renumber() {
    this.heard = this.acked = 0;
    this.outbox.forEach((entry, i) => { entry.seq = i + 1; });
    this.nextSeq = this.outbox.length + 1;
  }

  forget(participant) { this.heardIds.delete(participant); }
}
