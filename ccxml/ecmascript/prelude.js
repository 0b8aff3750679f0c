// The inside of ecmascript.py: the scopes of a language, and guards on the built-ins
// that the engine does not interrupt. The value of this program is a function whose
// answers only the adapter holds; nothing of it stands on the global object.
//
// A document may replace any built-in, so nothing below calls one by its name or
// through a prototype once the program has run: what is needed is kept here first.
//
// Every session compiles this text, which is most of what a session costs: what only
// some sessions need stands in deferred.js. "0," because the engine would read a text
// in brackets twice, to see whether an arrow follows; `var` because it looks for a
// name among the constants of a function one by one; blocks, where a function is used once,
// because a name of a function around has to be looked for.
0, function () {
  "use strict";
  var { apply, construct, deleteProperty, ownKeys } = Reflect;
  var { isArray } = Array;
  var { parse, stringify } = JSON;
  var text = String;
  var { includes, slice, toWellFormed } = text.prototype;
  var {
    ArrayBuffer, Error, InternalError, Object, Promise, RangeError, ReferenceError, RegExp, Symbol: symbols, SyntaxError, TypeError,
  } = globalThis;
  var {
    create, defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isFrozen,
  } = Object;
  var { isError } = Error;
  var { exec } = RegExp.prototype;
  var setFrames = getOwnPropertyDescriptor(Error, "stackTraceLimit").set;
  var stackOf = getOwnPropertyDescriptor(Error.prototype, "stack").get;
  var evaluateGlobally = eval;
  var world = globalThis;

  function define(object, name, value, writable) {
    defineProperty(object, name, { __proto__: null, value, writable, configurable: writable, enumerable: false });
  }

  // ---- Guards ----------------------------------------------------------------

  // A guarded built-in forwards to this table, which deferred.js makes before the first
  // text is compiled that calls anything. Until then it is empty, and calls are errors,
  // after the first of which the text runs once more, with deferred.js.
  var guards = create(null);
  var originals = create(null);
  function forward(owner, name, kind) {
    const key = kind + name;
    originals[key] = owner[name];
    owner[name] = { [name](...values) { return apply(guards[key], this, values); } }[name];
  }

  // Array methods walk by `length`, holes too, and most are not interrupted.
  var LONGEST_LIST = 200000;

  // This runs without a call in the text of a document: where a list is taken apart.
  {
    // The engine walks its own array iterator without a look at the clock.
    const iterator = getPrototypeOf(Array.prototype.values());
    const { next } = iterator;
    iterator.next = { next() { return apply(next, this, []); } }.next;
  }

  {
    const proto = Array.prototype;
    const isSafe = {
      __proto__: null, constructor: 1, push: 1, pop: 1, at: 1, keys: 1, values: 1, entries: 1, toString: 1,
    };
    const names = ownKeys(proto);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (typeof name === "string" && typeof proto[name] === "function" && !isSafe[name]) forward(proto, name, "list.");
    }
    const ofText = [
      "concat", "includes", "indexOf", "lastIndexOf", "localeCompare", "match",
      "matchAll", "normalize", "replace", "replaceAll", "search", "split",
    ];
    for (let i = 0; i < ofText.length; i++) forward(text.prototype, ofText[i], "text.");
    forward(text, "raw", "String.");
    forward(JSON, "stringify", "JSON.");
    forward(RegExp.prototype, "compile", "pattern.");
  }

  {
    function RegExpGuarded(pattern, flags) { return apply(guards.RegExp, new.target, [pattern, flags]); }
    originals.RegExp = RegExpGuarded;
    const proto = RegExp.prototype;
    const statics = ownKeys(RegExp);
    for (let i = 0; i < statics.length; i++) {
      const name = statics[i];
      if (name !== "prototype") defineProperty(RegExpGuarded, name, getOwnPropertyDescriptor(RegExp, name));
    }
    define(RegExpGuarded, "prototype", proto, false);
    proto.constructor = world.RegExp = RegExpGuarded;
  }

  // When a limit ends a script the engine still prints the error: a document must
  // not run then, nor see this program's functions through a stack trace.
  {
    const kinds = [Error, InternalError, RangeError];
    const { toString } = Error.prototype;
    for (let i = 0; i < kinds.length; i++) {
      const proto = kinds[i].prototype;
      define(proto, "toString", toString, false);
      define(proto, symbols.toPrimitive, undefined, false);
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

  // What compiles a text of a document does so in the scopes of the document, and within
  // its limits: deferred.js has how.
  {
    define(world, "eval", { eval(source) { return apply(guards.eval, this, [source]); } }.eval, true);
    const kinds = [function () {}, function* () {}, async function () {}, async function* () {}];
    for (let i = 0; i < kinds.length; i++) {
      const proto = getPrototypeOf(kinds[i]);
      const key = "Function." + i;
      originals[key] = proto.constructor;
      const forwarding = function Function(...values) { return apply(guards[key], this, values); };
      define(forwarding, "prototype", proto, false);
      define(proto, "constructor", forwarding, false);
      if (i === 0) define(world, "Function", forwarding, true);
    }
  }

  // The host's own; what blocks a thread; what depends on garbage collection; what
  // would wait for a later turn, which never comes; and Proxy, with which a list could lie about its length.
  var unwanted = [
    "queueMicrotask", "performance", "Atomics", "SharedArrayBuffer",
    "WeakRef", "FinalizationRegistry", "Promise", "Proxy",
  ];
  for (let i = 0; i < unwanted.length; i++) delete world[unwanted[i]];

  // ---- Scopes ----------------------------------------------------------------

  // What all scopes inherit: nothing by name, which `with` would find, but a way to be text.
  var scopeKind = create(null);
  define(scopeKind, symbols.toPrimitive, function toPrimitive() { return "[object Object]"; }, false);
  freeze(scopeKind);
  function newScope() { return create(scopeKind); }

  var facts = create(null); // what session.* answers, set by the platform
  var session = freeze(newScope());

  function accessor(object, name, get, set) {
    defineProperty(object, name, { __proto__: null, get, set, enumerable: true, configurable: false });
  }

  function refuse() { throw new TypeError("session and the names of scopes are read-only: assign to a variable of your own"); }

  // The names of the scopes; the language says where they stand among these.
  var prefixes = create(null);
  accessor(prefixes, "session", () => session, refuse);

  function freezeDeep(value) {
    if (value === null || typeof value !== "object" || isFrozen(value)) return value;
    const names = ownKeys(value);
    for (let i = 0; i < names.length; i++) freezeDeep(value[names[i]]);
    return freeze(value);
  }

  // A name without a value in the JSON text is undefined.
  function setSession(toldNames, json) {
    const told = parse(toldNames);
    const values = parse(json);
    let isNew = false;
    for (let i = 0; i < told.length; i++) {
      const name = told[i];
      if (!(name in facts)) isNew = true;
      facts[name] = hasOwn(values, name) ? freezeDeep(completed(name, values[name])) : undefined;
    }
    if (!isNew) return;
    const renewed = newScope();
    const names = ownKeys(facts);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      accessor(renewed, name, () => facts[name], refuse);
    }
    session = freeze(renewed);
  }

  var builtInNames = ownKeys(world);

  // The scopes of the language: SCOPES, chain(), current(), home(), isOpen(), isReserved(),
  // completed(), operations().
  /* @scopes */
  freeze(prefixes);

  // ---- Compiling ---------------------------------------------------------------

  var WITHIN = "0,function" + SCOPES + "return function ccxml$text(";

  function within(body, receiver) {
    return apply(body, receiver, chain());
  }

  // Checks the syntax and declares, but runs nothing: the 0 is our own. Text of the document begins on line 2 everywhere, so that columns are its own.
  function enteredOnly(before, source, after) {
    try {
      evaluateGlobally(before + "\n" + source + after);
    } catch (error) {
      if (error !== 0) throw error;
    }
  }

  // "[...]" must do as well as "(...)": otherwise the text closes our brackets.
  function expression(source) {
    if (apply(includes, source, [")"])) enteredOnly("throw 0;[", source, "\n]");
    const body = evaluateGlobally(WITHIN + "){return (\n" + source + "\n)}()}");
    return later === undefined ? body : later.adopting(source, body);
  }

  // Strict, so that to assign to something read-only fails, unless the text may not be.
  function setter(target) {
    const before = WITHIN + "ccxml$value){";
    const after = "\n" + target + "\n=ccxml$value}}";
    try {
      return evaluateGlobally(before + "\"use strict\";" + after);
    } catch (error) {
      return evaluateGlobally(before + after);
    }
  }

  // The object in which a variable is declared; undefined if it is not.
  function declaring(root) {
    const scopes = chain();
    for (let i = 0; i < scopes.length; i++)
      if (hasOwn(scopes[i], root) && scopes[i] !== prefixes && scopes[i] !== session) return scopes[i];
  }

  // The object in which a variable is declared, to be found before it is assigned. If there
  // is none, deferred.js has what to say.
  function holder(root, member) {
    const scope = declaring(root);
    if (scope !== undefined) return scope;
    const among = member !== "" && root !== "session" && root !== "event$" && hasOwn(prefixes, root) ? prefixes[root] : undefined;
    if (among !== undefined && (isOpen(among) || hasOwn(among, member))) return among;
    throw later.missing(root, member);
  }

  // Only what is deeper than a variable needs its text: target is empty otherwise.
  function storing(target, path) {
    const { root, member } = parse(path);
    const put = target === "" ? undefined : setter(target);
    return function (value) {
      const scope = holder(root, member);
      if (put !== undefined) within(put)(value);
      else if (member === "") scope[root] = value;
      else if (declaring(root) === scope) scope[root][member] = value;
      else scope[member] = value;
    };
  }

  function declare(name, value) {
    current()[name] = value;
  }

  // ---- Data in and out -----------------------------------------------------------

  var LARGEST = 256 * 1024;

  function member(name, value) {
    return value;
  }

  // One letter says what follows: u undefined, s text, j JSON.
  function encode(value) {
    if (value === undefined) return "u";
    if (typeof value === "string") return encodeText(value);
    const json = stringify(value, member);
    if (json === undefined)
      throw new TypeError("the value is a " + (typeof value) + ", which is no data: give a text, number, list or object");
    return bounded("j" + json);
  }

  // The way to Python ends at a NUL, which JSON writes as an escape.
  function encodeText(value) {
    bounded(value);
    return apply(includes, value, ["\0"]) ? bounded("j" + stringify(value)) : "s" + value;
  }

  function bounded(answer) {
    if (answer.length > LARGEST) throw new RangeError("the value is too large: at most " + LARGEST + " characters");
    return answer;
  }

  // Python puts the arguments, lets the operation run, and takes the answer, with
  // more memory allowed for the first and the last step: the engine's wrapper must
  // neither carry text nor meet an error when the memory is full (it would crash).
  // So no error leaves here, not even the one of the time limit, which no catch
  // sees: a promise swallows it, and the answer stays what it was. What needs no
  // memory is returned at once: nothing, or a truth; 0 asks to take the answer.
  var NO_MEMORY = "e\x01InternalError: out of memory";
  var NO_TIME = "e\x01InternalError: interrupted";
  var FAILED = "f"; // `describe` says how
  var one, two, three, answer, outcome, thrown;

  // Frames are asked for only when compiling, for the place of a syntax error: with a
  // full memory the engine fails to describe each frame for minutes, uninterrupted.
  var framesNow;
  function guarded(operation, frames = 0) {
    function attempt() {
      try {
        const result = operation(one, two, three);
        if (result === undefined || typeof result === "boolean") outcome = result;
        else answer = result;
      } catch (error) {
        thrown = error;
        answer = FAILED;
      }
    }
    return function () {
      answer = NO_TIME;
      outcome = 0;
      try {
        if (frames !== framesNow) apply(setFrames, Error, [frames]);
        framesNow = frames;
        new Promise(attempt);
      } catch (error) {
        answer = NO_MEMORY;
      }
      return outcome;
    };
  }

  var door = create(null);
  function addOperations(more) {
    const names = ownKeys(more);
    for (let i = 0; i < names.length; i++) door[names[i]] = more[names[i]];
  }
  // What deferred.js answers, which is there before the first text that assigns. Where
  // anything else needs it, its absence is an error, after which the text runs once more.
  var later;
  // For the two without which nobody can describe what went wrong.
  function surely(operation) {
    return guarded((source) => {
      try { return operation(source); } catch (error) { return NO_MEMORY; }
    });
  }
  door.complete = surely((source) => {
    later = evaluateGlobally(source)({
      __proto__: null, apply, ArrayBuffer, builtInNames, chain, construct, create, current, defineProperty, define,
      deleteProperty, encodeText, enteredOnly, evaluateGlobally, exec, facts, getOwnPropertyDescriptor, getPrototypeOf, guarded, hasOwn,
      home, includes, isArray, isError, isReserved, LONGEST_LIST, member, NO_MEMORY, Object, originals, ownKeys, prefixes, RangeError, ReferenceError,
      RegExp, scopeKind, SCOPES, slice, stackOf, stringify, surely, symbols, SyntaxError, takeThrown, text, toWellFormed, TypeError, within, world,
    });
    guards = later.guards;
    addOperations(later.operations);
  });
  function takeThrown() {
    const taken = thrown;
    thrown = undefined;
    return taken;
  }
  door.setSession = guarded(setSession);
  door.declare = guarded((name, json) => declare(name, json === "" ? undefined : parse(json)));

  // Text of a document is compiled to an operation, which is used again.
  function compiling(prepare) {
    return guarded((source, second, third) => guarded(prepare(source, second, third)), 10);
  }
  function reading(convert) {
    return compiling((source) => {
      const body = expression(source);
      return () => convert(within(body));
    });
  }
  door.data = reading(encode);
  door.truth = reading((value) => !!value);
  door.text = reading((value) => encodeText(text(value)));
  door.log = reading((value) => typeof value === "string" && value.length < 1000 ?
    encodeText(apply(toWellFormed, value, [])) : later.showing(value));
  door.option = reading((value) =>
    value === undefined || value === null ? "u" : encodeText(text(value)));
  door.declaration = compiling((source, name) => {
    const body = expression(source);
    return () => declare(name, within(body));
  });
  door.assignment = compiling((source, target, path) => {
    const store = storing(target, path);
    const body = expression(source);
    return () => store(within(body));
  });
  door.placement = compiling((target, path) => {
    const store = storing(target, path);
    return (json) => store(json === "" ? undefined : parse(json));
  });

  addOperations(operations());

  door.put = (first, second, third) => { one = first; two = second; three = third; };
  door.take = () => {
    const taken = answer;
    one = two = three = answer = undefined;
    // The wrapper does not know long texts that were put together and never read.
    return typeof taken === "string" ? apply(slice, taken, [0]) : taken;
  };
  return (name) => door[name];
}()
