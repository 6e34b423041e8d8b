// A data channel that says everything back, and the trial of a far side that does; in a page and in Node.
(scope => {
  const texts = ['', 'hello', 'gr\u00fc\u00df dich'], sizes = [0, 1, 1200, 16384, 60000, 250000];
  const bytes = size => Uint8Array.from({ length: size }, (_, i) => i * 7 + size & 255);
  const same = (a, b) => typeof a === typeof b && (typeof a === 'string' ? a === b
    : a.length === b.length && a.every((byte, i) => byte === b[i]));
  const text = data => typeof data === 'string' ? data : new Uint8Array(data);

  function answer(channel, done) {
    channel.binaryType = 'arraybuffer';
    channel.onmessage = e => channel.send(e.data);
    channel.onclose = () => done('echo-closed');
  }
  // `largest`: what the far side takes, known once it is open
  function call(channel, largest, done) {
    let wanted = [];
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => {
      wanted = [...texts, ...sizes.filter(size => size <= largest()).map(bytes)];
      wanted.slice().forEach(data => channel.send(data));
    };
    channel.onmessage = e => {
      if (!wanted.length || !same(text(e.data), wanted.shift())) throw new Error('something else came back than was sent');
      if (wanted.length) return;
      channel.close();
      done('echoed');
    };
  }
  scope.echo = { answer, call };
})(typeof module === 'undefined' ? self : module.exports);
