// How good each connection is, and whose fault it is, from two readings of its statistics.

const LOSS_WEAK = .03, LOSS_BAD = .1, RTT_LONG = .4, RTT_VERY_LONG = .8;

const share = (part, whole) => (part > 0 && whole > 0 ? Math.min(1, part / whole) : 0);

// Numbers of one connection out of RTCPeerConnection.getStats(): counters as they are, rates since `before`.
export function readStats(report, before) {
  const s = { at: performance.now(), in: {}, out: {}, codec: '', path: '' };
  let pair = null;
  for (const r of report.values()) {
    if (r.type === 'transport' && r.selectedCandidatePairId) pair = report.get(r.selectedCandidatePairId);
    else if (r.type === 'candidate-pair' && r.nominated && r.state === 'succeeded') pair ||= r;
    else if (r.type === 'inbound-rtp') s.in[r.kind] = r;
    else if (r.type === 'outbound-rtp' && !r.isRemote) s.out[r.kind] = r;
    else if (r.type === 'remote-inbound-rtp') s[`far_${r.kind}`] = r;
  }
  const video = s.in.video || {}, audio = s.in.audio || {}, sent = s.out.video || {};
  const codec = video.codecId && report.get(video.codecId);
  s.codec = codec ? codec.mimeType.replace('video/', '') : '';
  const end = id => (id && report.get(id) ? report.get(id).candidateType : '');
  if (pair) s.path = end(pair.localCandidateId) === 'relay' || end(pair.remoteCandidateId) === 'relay' ? 'relay' : 'direct';
  s.rttMs = 1000 * ((pair && pair.currentRoundTripTime) || (s.far_audio && s.far_audio.roundTripTime) || 0);
  s.jitterMs = 1000 * (audio.jitter || video.jitter || 0);
  s.width = video.frameWidth || 0;
  s.height = video.frameHeight || 0;
  s.count = {
    received: (video.packetsReceived || 0) + (audio.packetsReceived || 0),
    lost: (video.packetsLost || 0) + (audio.packetsLost || 0),
    bytesIn: (video.bytesReceived || 0) + (audio.bytesReceived || 0),
    bytesOut: (sent.bytesSent || 0) + ((s.out.audio || {}).bytesSent || 0),
    frames: video.framesDecoded || 0,
  };
  s.sentLoss = Math.max((s.far_video || {}).fractionLost || 0, (s.far_audio || {}).fractionLost || 0);
  s.limited = sent.qualityLimitationReason || 'none';
  const since = before ? (s.at - before.at) / 1000 : 0, d = name => (before ? s.count[name] - before.count[name] : 0);
  s.kbpsIn = since ? 8 * d('bytesIn') / since / 1000 : 0;
  s.kbpsOut = since ? 8 * d('bytesOut') / since / 1000 : 0;
  s.fps = since ? d('frames') / since : 0;
  s.loss = share(d('lost'), d('lost') + d('received'));
  s.silent = !!before && d('received') === 0;
  return s;
}

const gradeOf = (loss, rttMs) =>
  loss > LOSS_BAD || rttMs > 1000 * RTT_VERY_LONG ? 1 : loss > LOSS_WEAK || rttMs > 1000 * RTT_LONG ? 2 : 3;

// Of all connections together: a grade 0 (none) to 3 (good) for each, and a cause as a key of words.js, or ''.
// What ails one connection is its far side's doing; what ails all of them is ours.
export function judge(links) {
  const live = links.filter(l => l.state === 'connected' && l.stats);
  const all = test => live.length > 1 && live.every(test);
  const ourDownload = all(l => l.stats.loss > LOSS_WEAK), ourUpload = all(l => l.stats.sentLoss > LOSS_WEAK);
  return links.map(({ state, stats: s, connectedOnce }) => {
    if (state !== 'connected') return { grade: 0, cause: connectedOnce ? 'cause-interrupted' : 'cause-connecting' };
    if (!s) return { grade: 3, cause: '' };
    if (s.silent) return { grade: 0, cause: 'cause-silent' };
    const grade = Math.min(gradeOf(s.loss, s.rttMs), Math.max(2, gradeOf(s.sentLoss, 0)));
    if (s.loss > LOSS_WEAK) return { grade, cause: ourDownload ? 'cause-our-download' : 'cause-their-upload' };
    if (s.sentLoss > LOSS_WEAK) return { grade, cause: ourUpload ? 'cause-our-upload' : 'cause-their-download' };
    if (s.rttMs > 1000 * RTT_LONG) return { grade, cause: 'cause-far' };
    if (s.limited === 'cpu') return { grade: Math.min(grade, 2), cause: 'cause-our-cpu' };
    return { grade, cause: '' };
  });
}
