// Checks our stub headers of Apple's API (tests/apple/stubs) against the API's published types.
// usage: check_stubs.js AST.json NODE_MODULES UNVERIFIED.txt [CACHE.json]
// Every class, superclass, protocol, selector, property, function, constant, enum value and availability is compared.
// What cannot be proven must stand in UNVERIFIED.txt with a reason, and nothing else may.
const fs = require('fs'), path = require('path');
const {load, framework, isClass} = require('./ast.js');
const apple = require('./api.js');

const MINIMUM = 16.0;
const [astFile, modules, unverifiedFile, cache] = process.argv.slice(2);
const api = apple.load(modules, cache), exact = apple.exactSelectors(modules);
const nodes = load(astFile).filter(framework);
const enums = new Set(nodes.filter(n => n.kind === 'EnumDecl' && n.name).map(n => n.name));
const errors = [], used = new Set();
const counts = {classes: 0, protocols: 0, methods: 0, properties: 0, functions: 0, constants: 0, 'enum values': 0};
const unverified = new Map(fs.readFileSync(unverifiedFile, 'utf8').split('\n').filter(l => l && l[0] !== '#')
  .map(l => l.split(/\s+-- /)));

const error = (node, text) => errors.push(`${path.relative(process.cwd(), node.file)}:${node.line}: error: ${text}`);

/** What no oracle tells: an error unless it is listed with its reason. */
function unproven(node, name, text) {
  if (unverified.get(name)) used.add(name);
  else error(node, `${text}; to use it, list '${name}' with the reason in ${path.basename(unverifiedFile)}`);
}

/* ---- types ------------------------------------------------------------------------------------------------------ */

const QUALIFIER = /\b(_Nonnull|_Nullable|_Null_unspecified|__strong|__weak|__autoreleasing|__unsafe_unretained|__kindof|const|struct|enum)\b/g;
const NUMBER = /^(int|unsigned int|unsigned|long|unsigned long|long long|unsigned long long|short|unsigned short|char|unsigned char|signed char|float|double|size_t|u?int(8|16|32|64)_t|NSU?Integer|CGFloat|NSTimeInterval|OSStatus|CVReturn|FourCharCode|CFIndex|dispatch_time_t)$/;
const MACRO = /\b(NS_RETURNS_RETAINED|CF_RETURNS_RETAINED)\b/g;
const BRIDGED = {CFArrayRef: 'NSArray', CFDictionaryRef: 'NSDictionary'};
const bare = type => type.replace(MACRO, '').replace(QUALIFIER, '').replace(/\s+/g, ' ').replace(/ \*/g, '*').trim();
const alternatives = type => type.replace(/\s+/g, ' ').trim().split(/ \| (?![^(<]*[)>])/).map(t => t.trim())
  .filter(t => t !== 'null' && t !== 'undefined');

/** Can this C type (as written, and without typedefs) be what the API declares as `ts`? */
function fits(type, ts) {
  if (ts === 'never') ts = 'number'; // of a function that does not return
  const written = bare(type.qualType), plain = bare(type.desugaredQualType || type.qualType);
  const parts = alternatives(ts);
  const has = pattern => parts.some(part => pattern.test(part));
  const names = name => /^\w+$/.test(name) && has(new RegExp(`^${name}\\b`));
  let m;

  if (parts.length === 1 && api.aliases[parts[0]] && !enums.has(written)) return fits(type, api.aliases[parts[0]]);
  if (written === 'void') return has(/^void$/);
  if (written === 'instancetype') return !has(/^(void|number|boolean|string)$/);
  if (/^(BOOL|bool|_Bool|Boolean)$/.test(written) || plain === 'bool') return has(/^boolean$/);
  if (written === 'SEL') return has(/^string$/);
  if (enums.has(written)) return has(new RegExp(`^${written}$`)) || has(/^number$/);
  if (plain.includes('(^')) return has(/=>/);
  if (plain.includes('(*)')) return has(/interop/) || has(/=>/);
  if (written === 'CFBooleanRef') return has(/^number$/); // toll-free bridged to NSNumber
  if (/^(unichar|unsigned short)$/.test(written)) return has(/^(number|string)$/);
  if (plain === 'NSString*') return has(/^(string|NSString|any)$/);
  if (plain === 'char*' || plain === 'char**') return has(/^string$/) || has(/interop/);
  if (NUMBER.test(written) || NUMBER.test(plain)) return has(/^number$/) || parts.some(part => api.enums[part]);
  if (BRIDGED[written]) return names(BRIDGED[written]);
  if (written === 'CFStringRef') return has(/^(string|any)$/);
  if ((m = /^(\w+)_t$/.exec(written)) && has(new RegExp(`\\bOS_${m[1]}$`))) return true;
  if (written === 'Class') return has(/typeof/);
  if (written === 'NSDate*') return has(/^(Date|NSDate)$/);
  if (written === 'NSData*' && has(/^(NSData|ArrayBuffer)/)) return true;
  if ((m = /^NSObject<(\w+)>\*$/.exec(plain) || /^id<(\w+)>$/.exec(plain))) return has(new RegExp(`\\b${m[1]}\\b`));
  if (plain === 'id') return has(/^(any|this|NSObject)/);
  if ((m = /^(\w+)(<.*>)?\*$/.exec(plain)) && api.classes[m[1]]) return names(m[1]) || (m[1] === 'NSNumber' && has(/^number$/));
  if ((m = /^(\w+)(<.*>)?\*\*$/.exec(plain))) return has(/interop/);
  if (/\*$|\[/.test(plain)) return has(/interop/) || has(/^any$/);
  return names(written) || names(plain) || has(/^any$/) || has(/^interop/);
}

/* ---- classes and protocols ---------------------------------------------------------------------------------------- */

const sources = {};
const textFrom = node => {
  sources[node.file] = sources[node.file] || fs.readFileSync(node.file, 'utf8');
  return sources[node.file].slice(node.offset || 0);
};

function checkAvailability(node, what, since) {
  const said = /API_AVAILABLE\(ios\(([\d.]+)\)\)/.exec(textFrom(node).split(';')[0]);
  if (since && since > MINIMUM && (!said || parseFloat(said[1]) !== since))
    error(node, `${what} is iOS ${since}+; add API_AVAILABLE(ios(${since}))`);
}

/** A member by its JavaScript name in a class, its superclasses and protocols. */
function lookup(name, key) {
  const queue = [name], seen = new Set();
  while (queue.length) {
    const at = queue.shift();
    if (!at || seen.has(at)) continue;
    seen.add(at);
    for (const entry of [api.classes[at], api.protocols[at]].filter(Boolean)) {
      const own = (entry.members[key] || []).filter(hit => !hit.inherited);
      if (own.length) return own;
      queue.push(...entry.supers);
    }
    queue.push('NSObject', 'NSObjectProtocol');
  }
  return null;
}

function checkProperty(owner, isProtocol, node) {
  const what = `'${owner}.${node.name}'`, hits = lookup(owner, (node.class ? '+' : '-') + node.name);
  counts.properties++;
  if (!hits) return unproven(node, `${owner}.${node.name}`, `property ${what} is not in the API`);
  const hit = hits.find(h => !h.parameters) || hits[0];
  if (!hit.parameters && !isProtocol && !!node.readonly !== hit.readonly)
    error(node, `${what} is ${hit.readonly ? 'readonly' : 'read-write'} in the API`);
  if (!fits(node.type, hit.type)) error(node, `${what} has type '${node.type.qualType}', the API says '${hit.type}'`);
  if (hit.deprecated && hit.deprecated <= MINIMUM) unproven(node, `${owner}.${node.name}`, `${what} is deprecated since iOS ${hit.deprecated}`);
  checkAvailability(node, what, hit.since);
}

/** "@optional" when that is what stands last before a method of a protocol. */
function isOptional(node) {
  const before = sources[node.file].slice(0, node.offset), body = before.slice(before.lastIndexOf('@protocol'));
  return body.lastIndexOf('@optional') > body.lastIndexOf('@required');
}

function checkSelector(node, what) {
  const selector = node.name;
  if ((selector.match(/:/g) || []).length < 2) return;
  const known = exact[apple.jsName(selector)];
  if (known && !known.has(selector))
    error(node, `${what} is split at the wrong place; the API has ${[...known].join(', ')}`);
  if (!known) unproven(node, selector, `no oracle tells the colons of ${what}`);
}

function checkMethod(owner, isProtocol, node) {
  const sign = node.instance ? '-' : '+', what = `${sign}[${owner} ${node.name}]`;
  const hits = lookup(owner, sign + apple.jsName(node.name));
  const args = (node.inner || []).filter(x => x.kind === 'ParmVarDecl');
  counts.methods++;
  if (!hits) return unproven(node, `${owner} ${node.name}`, `${what} is not in the API`);
  const hit = hits.find(h => h.parameters && h.parameters.length === args.length);
  if (!hit) return node.variadic ? undefined : error(node, `${what} takes ${(hits[0].parameters || []).length} arguments in the API`);
  checkSelector(node, what);
  args.forEach((arg, i) => {
    if (!fits(arg.type, hit.parameters[i].type))
      error(node, `argument ${i + 1} of ${what} is '${arg.type.qualType}', the API says '${hit.parameters[i].type}'`);
  });
  if (!fits(node.returnType, hit.type)) error(node, `${what} returns '${node.returnType.qualType}', the API says '${hit.type}'`);
  textFrom(node);
  if (isProtocol && isOptional(node) !== hit.optional) error(node, `${what} is ${hit.optional ? '@optional' : '@required'} in the API`);
  if (hit.deprecated && hit.deprecated <= MINIMUM) unproven(node, `${owner} ${node.name}`, `${what} is deprecated since iOS ${hit.deprecated}`);
  checkAvailability(node, what, hit.since);
}

function checkContainer(node, isProtocol) {
  const name = node.kind === 'ObjCCategoryDecl' ? node.interface.name : node.name;
  const entry = isProtocol ? api.protocols[name === 'NSObject' ? 'NSObjectProtocol' : name] : api.classes[name];
  const accessors = new Set();
  if (name.startsWith('OS_')) return;
  if (!entry) return unproven(node, name, `${isProtocol ? 'protocol' : 'class'} '${name}' is not in the API`);
  counts[isProtocol ? 'protocols' : 'classes']++;
  checkAvailability(node, name, entry.since);
  if (node.super && node.super.name && entry.supers.length && node.super.name !== entry.supers[0])
    error(node, `'${name}' inherits from '${entry.supers[0]}', not '${node.super.name}'`);
  for (const m of node.inner || [])
    if (m.kind === 'ObjCPropertyDecl') {
      accessors.add((m.getter && m.getter.name) || m.name);
      accessors.add((m.setter && m.setter.name) || `set${m.name[0].toUpperCase()}${m.name.slice(1)}:`);
    }
  for (const m of node.inner || []) {
    if (m.kind === 'ObjCPropertyDecl') checkProperty(name, isProtocol, m);
    const implied = /^(alloc|new|init|dealloc|class|copy|mutableCopy|self)$/.test(m.name || '');
    if (m.kind === 'ObjCMethodDecl' && !m.isImplicit && !accessors.has(m.name) && !implied) checkMethod(name, isProtocol, m);
  }
}

/* ---- C ------------------------------------------------------------------------------------------------------------ */

/** "int (char *, void (^)(int))" -> "int": what stands before the list of arguments. */
function returnedBy(type) {
  const text = type.slice(0, type.lastIndexOf(')') + 1).replace(/ __attribute__\(\(noreturn\)\)$/, '');
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ')') depth++;
    if (text[i] === '(' && --depth === 0) return text.slice(0, i).trim(); // the list closes the text
  }
  return text; // not a function's
}

function checkFunction(node) {
  const f = api.functions[node.name], args = (node.inner || []).filter(x => x.kind === 'ParmVarDecl');
  if (node.storageClass === 'static') return;
  counts.functions++;
  if (!f) return unproven(node, node.name, `function '${node.name}' is not in the API`);
  if (args.length !== f.parameters.length) return error(node, `'${node.name}' takes ${f.parameters.length} arguments`);
  args.forEach((arg, i) => {
    if (!fits(arg.type, f.parameters[i].type))
      error(node, `argument ${i + 1} of ${node.name} is '${arg.type.qualType}', the API says '${f.parameters[i].type}'`);
  });
  const returns = returnedBy(node.type.qualType);
  if (!fits({qualType: returns}, f.type)) error(node, `${node.name} returns '${returns}', the API says '${f.type}'`);
  checkAvailability(node, node.name, f.since);
}

function checkConstant(node) {
  const value = api.values[node.name];
  counts.constants++;
  if (node.name === '_dispatch_main_q' && value) return; // a struct behind an object: only its address is used
  if (!value) return unproven(node, node.name, `constant '${node.name}' is not in the API`);
  if (!fits(node.type, value.type)) error(node, `'${node.name}' is '${node.type.qualType}', the API says '${value.type}'`);
  checkAvailability(node, node.name, value.since);
}

const valueOf = node => {
  if (node.kind === 'ConstantExpr' && node.value !== undefined) return Number(node.value);
  return (node.inner || []).map(valueOf).find(v => v !== undefined);
};

function checkEnum(node) {
  let last = -1;
  for (const constant of (node.inner || []).filter(c => c.kind === 'EnumConstantDecl')) {
    const name = constant.name, given = valueOf(constant), value = last = given === undefined ? last + 1 : given;
    const short = node.name && name.startsWith(node.name) ? name.slice(node.name.length) : name;
    const own = (node.name && api.enums[node.name]) || {};
    const suffix = Object.keys(own).find(key => name.endsWith(key));
    const other = Object.values(api.enums).find(values => name in values);
    const truth = own[short] ?? own[name] ?? own[suffix] ?? (other && other[name]);
    counts['enum values']++;
    if (truth === undefined) {
      if (!api.values[name]) unproven(constant, name, `'${name}' is not in the API`);
    } else if (truth >>> 0 !== value >>> 0) error(constant, `'${name}' is ${truth} in the API, the stub says ${value}`);
  }
}

/* ---- the run ------------------------------------------------------------------------------------------------------ */

for (const node of nodes) {
  if (isClass(node) || node.kind === 'ObjCCategoryDecl') checkContainer(node, false);
  else if (node.kind === 'ObjCProtocolDecl' && node.inner) checkContainer(node, true);
  else if (node.kind === 'FunctionDecl') checkFunction(node);
  else if (node.kind === 'VarDecl') checkConstant(node);
  else if (node.kind === 'EnumDecl') checkEnum(node);
}
for (const name of unverified.keys())
  if (!used.has(name)) errors.push(`${unverifiedFile}: error: '${name}' is listed but verified, or not used`);
errors.forEach(text => console.log(text));
console.log(`${Object.entries(counts).map(([what, n]) => `${n} ${what}`).join(', ')}; ` +
            `${used.size} unverified with a reason; ${errors.length} errors`);
process.exit(errors.length ? 1 : 0);
