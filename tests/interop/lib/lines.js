'use strict';
// JSON lines over a stream: calls `each` in order, one at a time.
module.exports = (stream, each) => {
  let text = '', chain = Promise.resolve();
  stream.on('data', data => {
    text += data;
    for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1)) {
      const line = text.slice(0, end);
      chain = chain.then(() => each(line));
    }
  });
};
