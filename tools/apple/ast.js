// Clang's AST as JSON, with the file and line of every node filled in: clang prints them only when they change.
const fs = require('fs');

/** @return the top-level declarations; each node gets file, line and the offset of its first byte */
function load(path) {
  const ast = JSON.parse(fs.readFileSync(path, 'utf8'));
  let file = '', line = 0;
  const place = at => {
    if (!at) return null;
    if (at.spellingLoc) {
      place(at.spellingLoc);
      return place(at.expansionLoc);
    }
    if (at.file) file = at.file;
    if (at.line) line = at.line;
    return {file, line, offset: at.offset};
  };
  const walk = node => {
    const loc = place(node.loc), begin = node.range && place(node.range.begin);
    if (node.range) place(node.range.end);
    node.file = (loc && loc.file) || (begin && begin.file) || file;
    node.line = (loc && loc.line) || (begin && begin.line) || line;
    node.offset = begin && begin.offset;
    (node.inner || []).forEach(walk);
  };
  walk(ast);
  return ast.inner;
}

/** The framework of a stub header that a node stands in, or null. */
const framework = node => (/stubs\/([^/]+)\//.exec(node.file || '') || [])[1] || null;

const isClass = node => node.kind === 'ObjCInterfaceDecl' && node.inner && (node.super || node.name === 'NSObject');

module.exports = {load, framework, isClass};
