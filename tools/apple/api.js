// Apple's API as npm's @nativescript/types-ios tells it, and exact selectors from @nativescript/macos-node-api.
const fs = require('fs'), path = require('path');

const child = (node, kind) => node.heritageClauses ? node.heritageClauses.filter(clause => clause.token === kind) : [];

/**
 * @param modules the node_modules folder @param cache a file that keeps the answer for the next time, or undefined
 * @return {classes, protocols, functions, values, enums, aliases} by name
 */
function load(modules, cache) {
  if (cache && fs.existsSync(cache)) return JSON.parse(fs.readFileSync(cache, 'utf8'));

  const ts = require(path.join(modules, 'typescript'));
  const folder = path.join(modules, '@nativescript/types-ios/lib/ios/objc-x86_64');
  const api = {classes: {}, protocols: {}, functions: {}, values: {}, enums: {}, aliases: {}};

  const tags = node => {
    const found = {};
    for (const tag of ts.getJSDocTags(node))
      if (['since', 'deprecated'].includes(tag.tagName.text)) found[tag.tagName.text] = parseFloat(tag.comment);
    return found;
  };
  const parameters = (node, sf) => node.parameters.map(p => ({name: p.name.getText(sf),
                                                              type: p.type ? p.type.getText(sf) : 'any'}));
  const member = (node, sf) => {
    const entry = {...tags(node), optional: !!node.questionToken};
    entry.inherited = sf.text.slice(node.end, node.end + 60).split('\n')[0].includes('inherited from');
    entry.type = node.type ? node.type.getText(sf) : 'any';
    entry.readonly = (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Readonly) !== 0;
    if (ts.isMethodDeclaration(node) || ts.isMethodSignature(node)) entry.parameters = parameters(node, sf);
    return entry;
  };
  const container = (table, node, sf) => {
    const entry = table[node.name.text] = table[node.name.text] || {members: {}, supers: []};
    Object.assign(entry, tags(node));
    const names = kind => child(node, kind).flatMap(clause => clause.types.map(type => type.expression.getText(sf)));
    entry.supers.push(...names(ts.SyntaxKind.ExtendsKeyword), ...names(ts.SyntaxKind.ImplementsKeyword));
    for (const m of node.members) {
      if (!m.name) continue;
      const isStatic = (ts.getCombinedModifierFlags(m) & ts.ModifierFlags.Static) !== 0;
      const key = (isStatic ? '+' : '-') + m.name.getText(sf);
      (entry.members[key] = entry.members[key] || []).push(member(m, sf));
    }
  };
  const enumeration = (node, sf) => {
    const values = api.enums[node.name.text] = {};
    let last = -1;
    for (const m of node.members) values[m.name.getText(sf)] = last = m.initializer ? Number(m.initializer.getText(sf)) : last + 1;
  };

  for (const file of fs.readdirSync(folder).sort()) {
    const sf = ts.createSourceFile(file, fs.readFileSync(path.join(folder, file), 'utf8'), ts.ScriptTarget.Latest, true);
    sf.forEachChild(node => {
      if (ts.isClassDeclaration(node)) container(api.classes, node, sf);
      else if (ts.isInterfaceDeclaration(node)) container(api.protocols, node, sf);
      else if (ts.isFunctionDeclaration(node))
        api.functions[node.name.text] = {...tags(node), parameters: parameters(node, sf), type: node.type.getText(sf)};
      else if (ts.isEnumDeclaration(node)) enumeration(node, sf);
      else if (ts.isTypeAliasDeclaration(node)) api.aliases[node.name.text] = node.type.getText(sf);
      else if (ts.isVariableStatement(node))
        for (const d of node.declarationList.declarations)
          api.values[d.name.getText(sf)] = {...tags(node), type: d.type ? d.type.getText(sf) : 'any'};
    });
  }
  if (cache) fs.writeFileSync(cache, JSON.stringify(api));
  return api;
}

/** A selector as JavaScript spells it: initWithFrame:style: is initWithFrameStyle. */
const jsName = selector => selector.split(':').filter((part, i) => i === 0 || part)
  .map((part, i) => i ? part[0].toUpperCase() + part.slice(1) : part).join('');

/** Selectors with their colons, in the binary of @nativescript/macos-node-api: {jsName: [selector...]} */
function exactSelectors(modules) {
  const found = {}, root = path.join(modules, '@nativescript/macos-node-api');
  const files = [];
  (function walk(dir) {
    for (const entry of fs.readdirSync(dir, {withFileTypes: true})) {
      const at = path.join(dir, entry.name);
      if (entry.isDirectory()) walk(at);
      else if (entry.name === 'NativeScript' && !at.includes('dSYM')) files.push(at);
    }
  })(root);
  for (const file of files)
    for (const [selector] of fs.readFileSync(file, 'latin1').matchAll(/[A-Za-z_][A-Za-z0-9_]*(:[A-Za-z_0-9]*)*:(?=\0)/g))
      (found[jsName(selector)] = found[jsName(selector)] || new Set()).add(selector);
  return found;
}

module.exports = {load, jsName, exactSelectors};
