// The inside of ccxml/expressions.py: four scopes, and guards on the built-ins
// that the engine does not interrupt. The value of this program is an object of
// functions which only the adapter holds; nothing of it stands on the global object.
//
// A document may replace any built-in, so nothing below calls one by its name or
// through a prototype once the program has run: what is needed is kept here first.
(function () {
  "use strict";
  const { apply, construct, deleteProperty, ownKeys } = Reflect;
  const {
    create, defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isFrozen,
  } = Object;
  const { isArray } = Array;
  const { parse, stringify } = JSON;
  const { includes, slice } = String.prototype;
  const text = String;
  const { isError } = Error;
  const ErrorKind = Error;
  const setFrames = getOwnPropertyDescriptor(Error, "stackTraceLimit").set;
  const stackOf = getOwnPropertyDescriptor(Error.prototype, "stack").get;
  const { Promise, RangeError, ReferenceError, TypeError, SyntaxError } = globalThis;
  const { match, replace, split } = Symbol;
  const evaluateGlobally = eval;
  const world = globalThis;

  function define(object, name, value, writable) {
    const property = create(null);
    property.value = value;
    property.writable = property.configurable = writable;
    property.enumerable = false;
    defineProperty(object, name, property);
  }

  function toText(value) {
    if (typeof value === "bigint") charge(STEPS_BETWEEN_LOOKS);
    if (typeof value === "symbol") throw new TypeError("a symbol is not text");
    return text(value);
  }

  // ---- Guards ----------------------------------------------------------------

  // Array methods walk by `length`, holes too, and most are not interrupted.
  const LONGEST_LIST = 200000;
  // Searching takes (length of text) x (length of what is sought) steps at worst.
  const MOST_COMPARISONS = 1e8;
  // Normalising sorts combining characters in quadratic time.
  const LONGEST_TO_NORMALIZE = 10000;
  // Compiling a pattern is not interrupted either.
  const LONGEST_PATTERN = 10000;

  // The engine looks at the clock at every 10,000th turn or call only. Many costly
  // calls would be seen too late, so turns are added to them.
  const STEPS_BETWEEN_LOOKS = 200000;
  let steps = 0;
  function charge(count) {
    steps += count;
    if (steps < STEPS_BETWEEN_LOOKS) return;
    steps = 0;
    for (let i = 0; i < 10000; i++);
  }

  function method(owner, name, replacement) {
    const original = owner[name];
    define(replacement, "name", original.name, true);
    define(replacement, "length", original.length, true);
    define(owner, name, replacement, true);
  }

  function guardList(list) {
    if (list === null || list === undefined) return;
    if (typeof list === "string") list = new String(list);
    for (let owner = list; owner !== null; owner = getPrototypeOf(owner)) {
      if (typeof owner !== "object" && typeof owner !== "function") return;
      const length = getOwnPropertyDescriptor(owner, "length");
      if (length === undefined) continue;
      // A getter or an object could answer otherwise when the method asks again.
      if (!hasOwn(length, "value") || typeof length.value !== "number")
        throw new TypeError("length of a list must be a number");
      if (length.value > LONGEST_LIST) throw new RangeError("list too long");
      charge(length.value);
      return;
    }
  }

  function guardArrayMethods() {
    const proto = Array.prototype;
    const constantTime = {
      __proto__: null, constructor: 1, push: 1, pop: 1, at: 1, keys: 1, values: 1, entries: 1,
    };
    const { sort, toSorted } = proto;
    const names = ownKeys(proto);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const original = proto[name];
      if (typeof name !== "string" || typeof original !== "function" || constantTime[name]) continue;
      method(proto, name, { [name](...values) { guardList(this); return apply(original, this, values); } }[name]);
    }

    // A comparison made by a function can be interrupted, the engine's own cannot.
    function byText(one, other) {
      one = text(one);
      other = text(other);
      return one < other ? -1 : one > other ? 1 : 0;
    }
    method(proto, "sort", { sort(order) { guardList(this); return apply(sort, this, [order === undefined ? byText : order]); } }.sort);
    method(proto, "toSorted", { toSorted(order) { guardList(this); return apply(toSorted, this, [order === undefined ? byText : order]); } }.toSorted);

    // These ask other lists for their length in the middle of their work.
    function spread(into, list, depth) {
      const length = list.length;
      if (length > LONGEST_LIST) throw new RangeError("list too long");
      for (let i = 0; i < length; i++) {
        if (!(i in list)) continue;
        const item = list[i];
        if (depth > 0 && isArray(item)) spread(into, item, depth - 1);
        else into[into.length] = item;
      }
    }
    function concat(...lists) {
      const joined = [];
      for (let i = -1; i < lists.length; i++) {
        const item = i < 0 ? Object(this) : lists[i];
        const start = joined.length;
        if (!isArray(item)) { joined[start] = item; continue; }
        const length = item.length;
        if (start + length > LONGEST_LIST) throw new RangeError("list too long");
        for (let k = 0; k < length; k++) if (k in item) joined[start + k] = item[k];
        joined.length = start + length;
      }
      return joined;
    }
    function flat(depth = 1) {
      guardList(this);
      const flattened = [];
      spread(flattened, this, +depth || 0);
      return flattened;
    }
    // Each turn looks at the clock: a BigInt may take seconds to become text.
    const { map, join: joinTexts } = proto;
    function join(separator) {
      guardList(this);
      const length = this.length >>> 0;
      const texts = [];
      for (let i = 0; i < length; i++) {
        const item = this[i];
        texts[i] = item === null || item === undefined ? "" : toText(item);
      }
      return apply(joinTexts, texts, [separator]);
    }
    method(proto, "join", { join(separator) { return apply(join, this, [separator]); } }.join);
    function flatMap(callback, receiver) {
      const flattened = [];
      spread(flattened, apply(map, this, [callback, receiver]), 1);
      return flattened;
    }
    function lastIndexOf(sought, from) {
      guardList(this);
      const length = this.length >>> 0;
      let i = arguments.length < 2 ? length - 1 : +from || 0;
      i = i < 0 ? length + i : i < length ? i : length - 1;
      for (i = i - (i % 1); i >= 0; i--) if (i in this && this[i] === sought) return i;
      return -1;
    }
    method(proto, "concat", { concat(...lists) { return apply(concat, this, lists); } }.concat);
    method(proto, "flat", { flat(depth) { return apply(flat, this, [depth]); } }.flat);
    method(proto, "flatMap", { flatMap(...values) { return apply(flatMap, this, values); } }.flatMap);
    method(proto, "lastIndexOf", { lastIndexOf(...values) { return apply(lastIndexOf, this, values); } }.lastIndexOf);

    // The engine walks its own array iterator without a look at the clock.
    const iterator = getPrototypeOf([][Symbol.iterator]());
    const { next } = iterator;
    method(iterator, "next", { next() { return apply(next, this, []); } }.next);
  }

  function guardTextMethods() {
    const proto = String.prototype;
    function own(value, name) {
      if (value === null || value === undefined) throw new TypeError(name + " of " + value);
      return text(value);
    }
    function guardSearch(within, sought) {
      if (within.length * sought.length > MOST_COMPARISONS) throw new RangeError("search too long");
      charge(within.length * (sought.length + 1));
    }
    function guard(name, hook) {
      const original = proto[name];
      method(proto, name, { [name](sought, ...others) {
        if (this === null || this === undefined) throw new TypeError(name + " of " + this);
        if (hook !== undefined && sought !== null && typeof sought === "object") {
          if (name === "replaceAll" && sought[match] && !apply(includes, text(sought.flags), ["g"]))
            throw new TypeError("replaceAll needs a regular expression with the flag g");
          const byPattern = sought[hook];
          if (byPattern !== undefined && byPattern !== null) {
            const values = [this];
            for (let i = 0; i < others.length; i++) values[i + 1] = others[i];
            return apply(byPattern, sought, values);
          }
        }
        if (hook === undefined && sought !== null && typeof sought === "object" && sought[match])
          throw new TypeError(name + " takes no regular expression");
        const within = own(this, name);
        // split() without a separator is not split("undefined").
        const values = [sought === undefined && name === "split" ? undefined : text(sought)];
        if (values[0] !== undefined) guardSearch(within, values[0]);
        for (let i = 0; i < others.length; i++) values[i + 1] = others[i];
        return apply(original, within, values);
      } }[name]);
    }
    // As in join(), no turn of these is without a look at the clock.
    const { concat } = proto;
    method(proto, "concat", { concat(...values) {
      for (let i = 0; i < values.length; i++) values[i] = toText(values[i]);
      return apply(concat, own(this, "concat"), values);
    } }.concat);
    const { raw } = String;
    method(String, "raw", { raw(template, ...values) {
      const parts = template.raw;
      guardList(parts);
      for (let i = 0; i < values.length; i++) values[i] = toText(values[i]);
      const texts = [];
      for (let i = 0; i < parts.length; i++) texts[i] = toText(parts[i]);
      const checked = create(null);
      checked.raw = texts;
      const all = [checked];
      for (let i = 0; i < values.length; i++) all[i + 1] = values[i];
      return apply(raw, text, all);
    } }.raw);
    guard("indexOf");
    guard("lastIndexOf");
    guard("includes");
    guard("split", split);
    guard("replace", replace);
    guard("replaceAll", replace);

    function guardLength(name, limit, complaint) {
      const original = proto[name];
      method(proto, name, { [name](...values) {
        const within = own(this, name);
        if (within.length > limit) throw new RangeError(complaint);
        charge(within.length * 20);
        if (name === "localeCompare") {
          values[0] = text(values[0]);
          if (values[0].length > limit) throw new RangeError(complaint);
        }
        return apply(original, within, values);
      } }[name]);
    }
    guardLength("normalize", LONGEST_TO_NORMALIZE, "text too long to normalise");
    guardLength("localeCompare", LONGEST_TO_NORMALIZE, "text too long to compare by locale");
  }

  function guardPatterns() {
    const Original = RegExp;
    const proto = Original.prototype;
    function guarded(pattern) {
      if (pattern === null || typeof pattern !== "object") {
        if (pattern === undefined) return pattern;
        pattern = text(pattern);
        if (pattern.length > LONGEST_PATTERN) throw new RangeError("pattern too long");
        return pattern;
      }
      return pattern[match] === undefined ? guarded(text(pattern)) : pattern;
    }
    function RegExpGuarded(pattern, flags) {
      if (new.target === undefined && pattern !== null && typeof pattern === "object" && flags === undefined
        && pattern[match] !== undefined && pattern.constructor === RegExpGuarded) return pattern;
      pattern = guarded(pattern);
      if (pattern !== null && typeof pattern === "object") {
        if (flags === undefined) flags = pattern.flags;
        pattern = guarded(text(pattern.source));
      }
      return construct(Original, [pattern, flags], new.target || RegExpGuarded);
    }
    const statics = ownKeys(Original);
    for (let i = 0; i < statics.length; i++) {
      const name = statics[i];
      if (name !== "prototype") defineProperty(RegExpGuarded, name, getOwnPropertyDescriptor(Original, name));
    }
    RegExpGuarded.prototype = proto;
    define(RegExpGuarded, "prototype", proto, false);
    define(proto, "constructor", RegExpGuarded, true);
    define(world, "RegExp", RegExpGuarded, true);
    const { compile } = proto;
    method(proto, "compile", { compile(pattern, flags) {
      return apply(compile, this, [construct(RegExpGuarded, [pattern, flags])]);
    } }.compile);

    const hooks = { match: Symbol.match, matchAll: Symbol.matchAll, search: Symbol.search };
    const names = ownKeys(hooks);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const hook = hooks[name];
      method(String.prototype, name, { [name](pattern) {
        if (this === null || this === undefined) throw new TypeError(name + " of " + this);
        if (pattern !== null && typeof pattern === "object") {
          if (name === "matchAll" && pattern[match]) {
            const flags = text(pattern.flags);
            let global = false;
            for (let k = 0; k < flags.length; k++) if (flags[k] === "g") global = true;
            if (!global) throw new TypeError("matchAll needs a regular expression with the flag g");
          }
          const byPattern = pattern[hook];
          if (byPattern !== undefined && byPattern !== null) return apply(byPattern, pattern, [this]);
        }
        const made = construct(RegExpGuarded, [pattern, name === "matchAll" ? "g" : ""]);
        return apply(made[hook], made, [text(this)]);
      } }[name]);
    }
  }

  // The engine asks a replacer function for every member, and can be interrupted then.
  function guardJson() {
    method(JSON, "stringify", { stringify(value, replacer, space) {
      let choose = replacer;
      if (isArray(replacer)) {
        guardList(replacer);
        const wanted = create(null);
        for (let i = 0; i < replacer.length; i++) wanted[text(replacer[i])] = true;
        choose = function (name, member) {
          return name === "" || isArray(this) || wanted[name] ? member : undefined;
        };
      } else if (typeof replacer !== "function") {
        choose = (name, member) => member;
      }
      return stringify(value, choose, space);
    } }.stringify);
  }

  // When a limit ends a script the engine still prints the error: a document must
  // not run then, nor see this program's functions through a stack trace.
  function guardErrors() {
    const kinds = [Error, InternalError, RangeError];
    const { toString } = Error.prototype;
    for (let i = 0; i < kinds.length; i++) {
      const proto = kinds[i].prototype;
      define(proto, "toString", toString, false);
      define(proto, Symbol.toPrimitive, undefined, false);
      if (!hasOwn(proto, "stack")) continue;
      const stack = getOwnPropertyDescriptor(proto, "stack");
      stack.configurable = false;
      defineProperty(proto, "stack", stack);
    }
    define(InternalError.prototype, "name", "InternalError", false);
    define(InternalError.prototype, "message", "", false);
    define(Error, "prepareStackTrace", undefined, false);
    define(Error, "stackTraceLimit", Error.stackTraceLimit, false);
  }

  guardArrayMethods();
  guardTextMethods();
  guardPatterns();
  guardJson();
  guardErrors();
  // The engine crashes when it compiles with a full memory: only the adapter does,
  // for which more memory is allowed meanwhile.
  function guardCompiling() {
    delete world.eval;
    const kinds = [function () {}, function* () {}, async function () {}, async function* () {}];
    for (let i = 0; i < kinds.length; i++) {
      const proto = getPrototypeOf(kinds[i]);
      const refusing = function Function() { throw new TypeError("no text is compiled here"); };
      define(refusing, "prototype", proto, false);
      define(proto, "constructor", refusing, false);
      if (i === 0) define(world, "Function", refusing, true);
    }
  }
  guardCompiling();

  // The host's own; what blocks a thread; what depends on garbage collection; what
  // would wait for a later turn, which never comes; and Proxy, with which a list could lie about its length.
  const unwanted = [
    "queueMicrotask", "performance", "Atomics", "SharedArrayBuffer",
    "WeakRef", "FinalizationRegistry", "Promise", "Proxy",
  ];
  for (let i = 0; i < unwanted.length; i++) delete world[unwanted[i]];

  // ---- Scopes ----------------------------------------------------------------

  const NO_TRANSITION = freeze(create(null));
  const facts = create(null); // what session.* answers, set by the platform
  let session = freeze(create(null));
  let application = create(null);
  let ccxml = create(null);
  let transition = NO_TRANSITION;

  function accessor(object, name, get, set) {
    const property = create(null);
    property.get = get;
    property.set = set;
    property.enumerable = true;
    property.configurable = false;
    defineProperty(object, name, property);
  }

  function readOnly(name) {
    return function () { throw new TypeError(name + " is read-only"); };
  }

  // Innermost, so that nothing hides the prefixes. event$ is here besides the
  // transition scope for functions that were declared at the head of the document.
  const prefixes = create(null);
  accessor(prefixes, "session", () => session, readOnly("session"));
  accessor(prefixes, "application", () => application, readOnly("application"));
  accessor(prefixes, "ccxml", () => ccxml, readOnly("ccxml"));
  accessor(prefixes, "transition", () => transition, readOnly("transition"));
  accessor(prefixes, "event$", () => transition.event$, (value) => { transition.event$ = value; });
  freeze(prefixes);

  function current() {
    return transition === NO_TRANSITION ? ccxml : transition;
  }

  function freezeDeep(value) {
    if (value === null || typeof value !== "object" || isFrozen(value)) return value;
    const names = ownKeys(value);
    for (let i = 0; i < names.length; i++) freezeDeep(value[names[i]]);
    return freeze(value);
  }

  function setSession(name, json) {
    const isNew = !(name in facts);
    facts[name] = freezeDeep(decode(json));
    if (!isNew) return;
    const renewed = create(null);
    const names = ownKeys(facts);
    for (let i = 0; i < names.length; i++) {
      const fact = names[i];
      accessor(renewed, fact, () => facts[fact], readOnly("session"));
    }
    session = freeze(renewed);
  }

  const builtIns = create(null);
  const builtInNames = ownKeys(world);
  for (let i = 0; i < builtInNames.length; i++) builtIns[builtInNames[i]] = true;

  // Names that a script gave to the global object become variables of the document.
  function adopt() {
    const names = ownKeys(world);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (builtIns[name]) continue;
      const found = getOwnPropertyDescriptor(world, name);
      if (hasOwn(found, "value")) ccxml[name] = found.value;
      deleteProperty(world, name);
    }
  }

  function newDocument() {
    adopt();
    ccxml = create(null);
    transition = NO_TRANSITION;
  }

  function newTransition(json) {
    const renewed = create(null);
    if (json !== "") renewed.event$ = parse(json);
    transition = renewed;
  }

  function endTransition() {
    transition = NO_TRANSITION;
  }

  function nameEvent(name) {
    transition[name] = transition.event$;
  }

  // ---- Compiling ---------------------------------------------------------------

  const CHAIN = "with(ccxml$4)with(ccxml$3)with(ccxml$2)with(ccxml$1)with(ccxml$0)";
  const SCOPES = "(ccxml$0,ccxml$1,ccxml$2,ccxml$3,ccxml$4){" + CHAIN;

  function within(body, receiver, value) {
    return apply(body, receiver, [prefixes, transition, ccxml, application, session, value]);
  }

  // Checks the syntax and declares, but runs nothing: the 0 is our own. Text of the document begins on line 2 everywhere, so that columns are its own.
  function enteredOnly(before, source, after) {
    try {
      evaluateGlobally(before + "\n" + source + after);
    } catch (error) {
      if (error !== 0) throw error;
    }
  }

  // Strict, so that assigning to an undeclared name or to something read-only fails.
  // "[...]" must do as well as "(...)": otherwise the text closes our brackets.
  function expression(source) {
    enteredOnly("\"use strict\";throw 0;[", source, "\n]");
    return evaluateGlobally(
      "(function" + SCOPES + "return function ccxml$text(){\"use strict\";return (\n" + source + "\n)}()})");
  }

  function setter(target) {
    return evaluateGlobally(
      "(function" + SCOPES + "return function ccxml$text(ccxml$value){\"use strict\";\n" + target + "\n=ccxml$value}})");
  }

  function store(target, root, member, value) {
    requireDeclared(root, member);
    within(target, undefined)(value);
  }

  function requireDeclared(root, member) {
    if (root === "application" && member !== "") return;
    if (root === "session") throw new TypeError("session is read-only");
    if (root === "application" || root === "ccxml" || root === "transition") {
      if (member === "") throw new TypeError(root + " is a scope, not a variable");
      if (hasOwn(root === "ccxml" ? ccxml : transition, member)) return;
      throw new ReferenceError(root + "." + member + " is not declared");
    }
    if (hasOwn(transition, root) || hasOwn(ccxml, root) || hasOwn(application, root)) return;
    if (hasOwn(facts, root)) throw new TypeError("session is read-only");
    throw new ReferenceError(root + " is not declared");
  }

  function declare(name, value) {
    current()[name] = value;
  }

  // Two steps. First the script is entered and left at once, which declares its
  // names on the global object; they are taken from there, functions apart. Then it
  // runs inside the scopes, where those names stand ready.
  function script(source) {
    const declared = create(null);
    const before = create(null);
    for (let i = 0; i < builtInNames.length; i++) {
      const name = builtInNames[i];
      before[name] = world[name];
    }
    adopt();
    try {
      enteredOnly("throw 0;", source, "");
    } finally {
      removeDeclared(before, declared);
    }
    const names = ownKeys(declared);
    let functions = "";
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (name in prefixes) throw new SyntaxError(name + " cannot be declared");
      if (declared[name]) functions += "this." + name + "=" + name + ";";
    }
    const body = evaluateGlobally("(function ccxml$text" + SCOPES + "{" + functions + "\n" + source + "\n}})");
    return guarded(() => enter(body, names));
  }

  function enter(body, names) {
    const scope = current();
    for (let i = 0; i < names.length; i++)
      if (!hasOwn(scope, names[i])) scope[names[i]] = undefined;
    within(body, scope);
    adopt();
  }

  function removeDeclared(before, declared) {
    const names = ownKeys(world);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const value = world[name];
      if (!builtIns[name]) deleteProperty(world, name);
      else if (value !== before[name] && value === value) define(world, name, before[name], true);
      else continue;
      declared[name] = typeof value === "function";
    }
  }

  // ---- Data in and out -----------------------------------------------------------

  const LARGEST = 256 * 1024;

  function decode(json) {
    return json === "" ? undefined : parse(json);
  }

  function member(name, value) {
    return value;
  }

  // One letter says what follows: u undefined, s text, j JSON.
  function encode(value) {
    if (value === undefined) return "u";
    if (typeof value === "string") return encodeText(value);
    if (typeof value === "boolean") return value ? "jtrue" : "jfalse";
    const json = stringify(value, member);
    if (json === undefined) throw new TypeError("a " + (typeof value) + " is not data");
    return bounded("j" + json);
  }

  // The way to Python ends at a NUL, which JSON writes as an escape.
  function encodeText(value) {
    bounded(value);
    return apply(includes, value, ["\0"]) ? bounded("j" + stringify(value)) : "s" + value;
  }

  function bounded(answer) {
    if (answer.length > LARGEST) throw new RangeError("value too large");
    return answer;
  }

  // Letter e: where, a control character, what. Only own data is read of what a document threw.
  function failure(thrown) {
    // The engine throws null when there is no memory left for an error.
    if (thrown === null) return NO_MEMORY;
    if (typeof thrown !== "object" && typeof thrown !== "function")
      return "e\x01" + short(typeof thrown === "symbol" ? "a symbol" : text(thrown));
    const name = plain(thrown, "name") || plain(getPrototypeOf(thrown), "name");
    const message = plain(thrown, "message");
    const where = isError(thrown) ? short(apply(stackOf, thrown, [])) : "";
    if (name === "" || message === "") return "e" + where + "\x01" + (short(name + message) || "an object was thrown");
    return "e" + where + "\x01" + short(name + ": " + message);
  }

  function plain(object, name) {
    if (object === null) return "";
    const found = getOwnPropertyDescriptor(object, name);
    if (found === undefined || !hasOwn(found, "value") || typeof found.value !== "string") return "";
    return found.value;
  }

  function short(message) {
    let start = "";
    for (let i = 0; i < message.length && i < 1000; i++) start += message[i] === "\0" || message[i] === "\x01" ? " " : message[i];
    return start;
  }

  // Python puts the arguments, lets the operation run, and takes the answer, with
  // more memory allowed for the first and the last step: the engine's wrapper must
  // neither carry text nor meet an error when the memory is full (it would crash).
  // So no error leaves here, not even the one of the time limit, which no catch
  // sees: a promise swallows it, and the answer stays what it was.
  const NO_MEMORY = "e\x01InternalError: out of memory";
  const NO_TIME = "e\x01InternalError: interrupted";
  let one, two, three, answer;

  // Frames are asked for only when compiling, for the place of a syntax error: with a
  // full memory the engine fails to describe each frame for minutes, uninterrupted.
  function guarded(operation, frames = 0) {
    return function () {
      answer = NO_TIME;
      try {
        apply(setFrames, ErrorKind, [frames]);
        new Promise(() => {
          try {
            const result = operation(one, two, three);
            answer = result === undefined ? "u" : result;
          } catch (error) {
            answer = NO_MEMORY;
            answer = failure(error);
          }
        });
      } catch (error) {
        answer = NO_MEMORY;
      }
    };
  }

  const door = create(null);
  door.setSession = guarded(setSession);
  door.newDocument = guarded(newDocument);
  door.newTransition = guarded(newTransition);
  door.endTransition = guarded(endTransition);
  door.nameEvent = guarded(nameEvent);
  door.declareNothing = guarded((name) => declare(name, undefined));
  door.script = guarded(script, 10);
  door.expression = guarded((source) => {
    const body = expression(source);
    return guarded((purpose, name) => {
      const value = within(body, undefined);
      if (purpose === "data") return encode(value);
      if (purpose === "truth") return value ? "jtrue" : "jfalse";
      if (purpose === "text") return encodeText(text(value));
      return declare(name, value);
    });
  }, 10);
  door.assignment = guarded((target, path, source) => {
    const put = setter(target);
    const body = expression(source);
    const { root, member } = parse(path);
    return guarded(() => store(put, root, member, within(body, undefined)));
  }, 10);
  door.placement = guarded((target, path) => {
    const put = setter(target);
    const { root, member } = parse(path);
    return guarded((json) => store(put, root, member, decode(json)));
  }, 10);

  door.put = (first, second, third) => { one = first; two = second; three = third; };
  door.take = () => {
    const taken = answer;
    one = two = three = answer = undefined;
    // The wrapper does not know long texts that were put together and never read.
    return typeof taken === "string" ? apply(slice, taken, [0]) : taken;
  };
  return (name) => door[name];
})()
