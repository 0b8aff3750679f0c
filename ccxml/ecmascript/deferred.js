// What prelude.js leaves out because many sessions do without: compiled in a session
// before the first text that calls anything, for the first script and the first error.
// The value of this program is a function that makes the missing pieces of what is
// kept there: the table to which guarded built-ins forward (with their own `this`),
// and the operations on scripts and errors.
//
// As in prelude.js nothing is called by its name or through a prototype: the document
// may have replaced it already.
0, function (kept) {
  "use strict";
  var {
    apply, ArrayBuffer, builtInNames, chain, construct, create, current, defineProperty, define, deleteProperty,
    encodeText, enteredOnly, evaluateGlobally, exec, facts, getOwnPropertyDescriptor, getPrototypeOf, guarded, hasOwn,
    home, includes, isArray, isError, isReserved, LONGEST_LIST, member, NO_MEMORY, Object, originals, ownKeys, prefixes,
    RangeError, ReferenceError, RegExp, scopeKind, SCOPES, slice, stackOf, stringify, surely, symbols, SyntaxError,
    takeThrown, text, toWellFormed, TypeError, within, world,
  } = kept;
  // Searching takes (length of text) x (length of what is sought) steps at worst.
  var MOST_COMPARISONS = 1e8;
  // Normalising sorts combining characters in quadratic time.
  var LONGEST_TO_NORMALIZE = 10000;
  // Compiling a pattern is not interrupted either.
  var LONGEST_PATTERN = 10000;

  var guards = create(null);

  // ---- Costs -------------------------------------------------------------------

  // The engine looks at the clock at every 10,000th turn or call only. Many costly
  // calls would be seen too late, so turns are added to them.
  var STEPS_BETWEEN_LOOKS = 200000;
  var steps = 0;
  function charge(count) {
    steps += count;
    if (steps < STEPS_BETWEEN_LOOKS) return;
    steps = 0;
    for (let i = 0; i < 10000; i++);
  }

  function guardList(list) {
    if (list === null || list === undefined) return;
    if (typeof list === "string") list = new text(list);
    for (let owner = list; owner !== null; owner = getPrototypeOf(owner)) {
      if (typeof owner !== "object" && typeof owner !== "function") return;
      const length = getOwnPropertyDescriptor(owner, "length");
      if (length === undefined) continue;
      // A getter or an object could answer otherwise when the method asks again.
      if (!hasOwn(length, "value") || typeof length.value !== "number")
        throw new TypeError("the length of a list must be a number");
      if (length.value > LONGEST_LIST) throw new RangeError("list too long: at most " + LONGEST_LIST + " items");
      charge(length.value);
      return;
    }
  }

  function toText(value) {
    if (typeof value === "bigint") charge(STEPS_BETWEEN_LOOKS);
    if (typeof value === "symbol") throw new TypeError("a symbol is no text: write another value");
    return text(value);
  }

  // ---- Lists -------------------------------------------------------------------

  var names = ownKeys(originals);
  for (let i = 0; i < names.length; i++) {
    const original = originals[names[i]];
    guards[names[i]] = function (...values) { guardList(this); return apply(original, this, values); };
  }

  // Each turn looks at the clock: a BigInt may take seconds to become text.
  var join = originals["list.join"];
  guards["list.join"] = function (separator) {
    guardList(this);
    const length = this.length >>> 0;
    const texts = [];
    for (let i = 0; i < length; i++) {
      const item = this[i];
      texts[i] = item === null || item === undefined ? "" : toText(item);
    }
    return apply(join, texts, [separator]);
  };

  // A comparison made by a function can be interrupted, the engine's own cannot.
  function byText(one, other) {
    one = text(one);
    other = text(other);
    return one < other ? -1 : one > other ? 1 : 0;
  }
  function sorting(original) {
    return function (order) { guardList(this); return apply(original, this, [order === undefined ? byText : order]); };
  }
  guards["list.sort"] = sorting(originals["list.sort"]);
  guards["list.toSorted"] = sorting(originals["list.toSorted"]);

  // These ask other lists for their length in the middle of their work.
  function spread(into, list, depth) {
    const length = list.length;
    if (length > LONGEST_LIST) throw new RangeError("list too long: at most " + LONGEST_LIST + " items");
    for (let i = 0; i < length; i++) {
      if (!(i in list)) continue;
      const item = list[i];
      if (depth > 0 && isArray(item)) spread(into, item, depth - 1);
      else into[into.length] = item;
    }
  }
  guards["list.concat"] = function (...lists) {
    const joined = [];
    for (let i = -1; i < lists.length; i++) {
      const item = i < 0 ? Object(this) : lists[i];
      const start = joined.length;
      if (!isArray(item)) { joined[start] = item; continue; }
      const length = item.length;
      if (start + length > LONGEST_LIST) throw new RangeError("list too long: at most " + LONGEST_LIST + " items");
      for (let k = 0; k < length; k++) if (k in item) joined[start + k] = item[k];
      joined.length = start + length;
    }
    return joined;
  };
  guards["list.flat"] = function (depth = 1) {
    guardList(this);
    const flattened = [];
    spread(flattened, this, +depth || 0);
    return flattened;
  };
  var map = originals["list.map"];
  guards["list.flatMap"] = function (callback, receiver) {
    const flattened = [];
    spread(flattened, apply(map, this, [callback, receiver]), 1);
    return flattened;
  };
  guards["list.lastIndexOf"] = function (sought, from) {
    guardList(this);
    const length = this.length >>> 0;
    let i = arguments.length < 2 ? length - 1 : +from || 0;
    i = i < 0 ? length + i : i < length ? i : length - 1;
    for (i = i - (i % 1); i >= 0; i--) if (i in this && this[i] === sought) return i;
    return -1;
  };

  // ---- Texts -------------------------------------------------------------------

  function own(value, name) {
    if (value === null || value === undefined) throw new TypeError(name + " of " + value);
    return text(value);
  }
  function guardSearch(within, sought) {
    if (within.length * sought.length > MOST_COMPARISONS) throw new RangeError("the search takes too long: search in a shorter text");
    charge(within.length * (sought.length + 1));
  }
  function guardSearching(name, hook) {
    const original = originals["text." + name];
    guards["text." + name] = function (sought, ...others) {
      if (this === null || this === undefined) throw new TypeError(name + " of " + this);
      if (hook !== undefined && sought !== null && typeof sought === "object") {
        if (name === "replaceAll" && sought[symbols.match] && !apply(includes, text(sought.flags), ["g"]))
          throw new TypeError("replaceAll needs a regular expression with the flag g");
        const byPattern = sought[hook];
        if (byPattern !== undefined && byPattern !== null) {
          const values = [this];
          for (let i = 0; i < others.length; i++) values[i + 1] = others[i];
          return apply(byPattern, sought, values);
        }
      }
      if (hook === undefined && sought !== null && typeof sought === "object" && sought[symbols.match])
        throw new TypeError(name + " takes no regular expression");
      const within = own(this, name);
      // split() without a separator is not split("undefined").
      const values = [sought === undefined && name === "split" ? undefined : text(sought)];
      if (values[0] !== undefined) guardSearch(within, values[0]);
      for (let i = 0; i < others.length; i++) values[i + 1] = others[i];
      return apply(original, within, values);
    };
  }
  guardSearching("indexOf");
  guardSearching("lastIndexOf");
  guardSearching("includes");
  guardSearching("split", symbols.split);
  guardSearching("replace", symbols.replace);
  guardSearching("replaceAll", symbols.replace);

  // As where a list becomes text, no turn of these is without a look at the clock.
  var concat = originals["text.concat"];
  guards["text.concat"] = function (...values) {
    for (let i = 0; i < values.length; i++) values[i] = toText(values[i]);
    return apply(concat, own(this, "concat"), values);
  };
  var raw = originals["String.raw"];
  guards["String.raw"] = function (template, ...values) {
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
  };

  function guardLength(name, limit, complaint) {
    const original = originals["text." + name];
    guards["text." + name] = function (...values) {
      const within = own(this, name);
      if (within.length > limit) throw new RangeError(complaint);
      charge(within.length * 20);
      if (name === "localeCompare") {
        values[0] = text(values[0]);
        if (values[0].length > limit) throw new RangeError(complaint);
      }
      return apply(original, within, values);
    };
  }
  guardLength("normalize", LONGEST_TO_NORMALIZE, "text too long to normalise");
  guardLength("localeCompare", LONGEST_TO_NORMALIZE, "text too long to compare by locale");

  // ---- Patterns ----------------------------------------------------------------

  var RegExpGuarded = originals.RegExp;
  function checked(pattern) {
    if (pattern === null || typeof pattern !== "object") {
      if (pattern === undefined) return pattern;
      pattern = text(pattern);
      if (pattern.length > LONGEST_PATTERN) throw new RangeError("pattern too long: at most " + LONGEST_PATTERN + " characters");
      return pattern;
    }
    return pattern[symbols.match] === undefined ? checked(text(pattern)) : pattern;
  }
  guards.RegExp = function (pattern, flags) {
    const target = this; // what stands behind `new`, undefined without it
    if (target === undefined && pattern !== null && typeof pattern === "object" && flags === undefined
      && pattern[symbols.match] !== undefined && pattern.constructor === RegExpGuarded) return pattern;
    pattern = checked(pattern);
    if (pattern !== null && typeof pattern === "object") {
      if (flags === undefined) flags = pattern.flags;
      pattern = checked(text(pattern.source));
    }
    return construct(RegExp, [pattern, flags], target || RegExpGuarded);
  };
  var compile = originals["pattern.compile"];
  guards["pattern.compile"] = function (pattern, flags) {
    return apply(compile, this, [construct(RegExpGuarded, [pattern, flags])]);
  };

  function guardMatching(name, hook) {
    guards["text." + name] = function (pattern) {
      if (this === null || this === undefined) throw new TypeError(name + " of " + this);
      if (pattern !== null && typeof pattern === "object") {
        if (name === "matchAll" && pattern[symbols.match] && !apply(includes, text(pattern.flags), ["g"]))
          throw new TypeError("matchAll needs a regular expression with the flag g");
        const byPattern = pattern[hook];
        if (byPattern !== undefined && byPattern !== null) return apply(byPattern, pattern, [this]);
      }
      const made = construct(RegExpGuarded, [pattern, name === "matchAll" ? "g" : ""]);
      return apply(made[hook], made, [text(this)]);
    };
  }
  guardMatching("match", symbols.match);
  guardMatching("matchAll", symbols.matchAll);
  guardMatching("search", symbols.search);

  // What the last match was, for RegExp.$1 and its like (as scripts before ES5 read it):
  // remembered from the first text on that asks for it, since it costs every match.
  var last = null;
  function rememberMatches() {
    if (last !== null) return;
    last = [""];
    last.index = 0;
    last.input = "";
    const proto = RegExp.prototype;
    define(proto, "exec", { exec(within) {
      const found = apply(exec, this, [within]);
      if (found !== null) last = found;
      return found;
    } }.exec, true);
    const after = () => last.index + last[0].length;
    const answers = {
      __proto__: null,
      input: () => last.input,
      lastMatch: () => last[0],
      lastParen: () => last.length > 1 && last[last.length - 1] || "",
      leftContext: () => apply(slice, last.input, [0, last.index]),
      rightContext: () => apply(slice, last.input, [after()]),
    };
    for (let i = 1; i <= 9; i++) answers["$" + i] = () => last[i] || "";
    const others = ["$_", "input", "$&", "lastMatch", "$+", "lastParen", "$`", "leftContext", "$'", "rightContext"];
    for (let i = 0; i < others.length; i += 2) answers[others[i]] = answers[others[i + 1]];
    const names = ownKeys(answers);
    for (let i = 0; i < names.length; i++)
      defineProperty(RegExpGuarded, names[i], { __proto__: null, get: answers[names[i]], configurable: true, enumerable: false });
  }

  // ---- JSON --------------------------------------------------------------------

  // The engine asks a replacer function for every member, and can be interrupted then.
  guards["JSON.stringify"] = function (value, replacer, space) {
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
  };

  // ---- Scripts -------------------------------------------------------------------

  var builtIns = create(null);
  for (let i = 0; i < builtInNames.length; i++) builtIns[builtInNames[i]] = true;

  // Names that a script gave to the global object become variables of the document.
  function adopt() {
    const names = ownKeys(world);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (builtIns[name]) continue;
      const found = getOwnPropertyDescriptor(world, name);
      if (hasOwn(found, "value")) home()[name] = found.value;
      deleteProperty(world, name);
    }
  }

  // A name that an expression assigns, and that is declared nowhere, is on the global
  // object afterwards.
  var assigning = /(?:^|[^=!<>])=(?![=>])|\+\+|--/;
  function adopting(source, body) {
    if (apply(exec, assigning, [source]) === null) return body;
    return function (...scopes) {
      try { return apply(body, this, scopes); } finally { adopt(); }
    };
  }

  // The names that a program declares, with their values on the global object when it is
  // entered and left at once: functions stand there already.
  function declarations(source) {
    const before = builtInValues();
    const declared = create(null);
    adopt();
    try {
      enteredOnly("throw 0;", source, "");
    } finally {
      removeNew(before, declared);
    }
    const names = ownKeys(declared);
    for (let i = 0; i < names.length; i++)
      if (isReserved(names[i])) throw new SyntaxError(names[i] + " cannot be declared: it is the name of a scope");
    return declared;
  }

  function builtInValues() {
    const values = create(null);
    for (let i = 0; i < builtInNames.length; i++) values[builtInNames[i]] = world[builtInNames[i]];
    return values;
  }

  // Moves what a program gave to the global object into *taken*.
  function removeNew(before, taken) {
    const names = ownKeys(world);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const value = world[name];
      if (!builtIns[name]) deleteProperty(world, name);
      else if (value !== before[name] && value === value) define(world, name, before[name], true);
      else continue;
      taken[name] = value;
    }
  }

  // Two steps. First the script is entered and left at once, which tells the names that
  // it declares. Then it runs inside the scopes, where those names stand ready.
  function compiled(source, parameters) {
    const declared = declarations(source);
    const names = ownKeys(declared);
    let functions = "";
    for (let i = 0; i < names.length; i++)
      if (typeof declared[names[i]] === "function") functions += "this." + names[i] + "=" + names[i] + ";";
    const body = evaluateGlobally("0,function ccxml$text" + parameters + "{" + functions + "\n" + source + "\n}}");
    return { __proto__: null, body, names };
  }

  function script(source) {
    const { body, names } = compiled(source, SCOPES);
    return guarded(() => {
      const scope = current();
      declareNew(names, scope);
      within(body, scope);
      adopt();
    });
  }

  function declareNew(names, scope) {
    for (let i = 0; i < names.length; i++)
      if (!hasOwn(scope, names[i])) scope[names[i]] = undefined;
  }

  // ---- Texts that a document compiles ----------------------------------------------

  var LONGEST_SOURCE = 100000;

  // Compiling is neither interrupted nor may it meet the end of the memory: so it is
  // counted before, and what it takes at most must be free.
  function guardSource(source) {
    if (source.length > LONGEST_SOURCE) throw new RangeError("text too long to compile: at most " + LONGEST_SOURCE + " characters");
    charge(20000 + source.length * 40);
    construct(ArrayBuffer, [65536 + source.length * 24]);
  }

  // A program in the scopes of the document, as a script is; its value is that of its last
  // statement. The scopes are on the global object until the program has entered them.
  guards.eval = function (source) {
    if (typeof source !== "string") return source;
    guardSource(source);
    const declared = declarations(source);
    const scope = current();
    declareNew(ownKeys(declared), scope);
    const scopes = chain();
    let heads = "";
    for (let i = scopes.length - 1; i >= 0; i--) {
      const name = "ccxml$" + i;
      const get = () => { deleteProperty(world, name); return scopes[i]; };
      defineProperty(world, name, { __proto__: null, get, configurable: true, enumerable: false });
      heads += "with(" + name + ")";
    }
    const before = builtInValues();
    const left = create(null);
    try {
      return evaluateGlobally(heads + "{\n" + source + "\n}");
    } finally {
      removeNew(before, left);
      const names = ownKeys(left);
      for (let i = 0; i < names.length; i++) {
        const name = names[i];
        if (!(name in declared)) home()[name] = left[name];
        else if (typeof declared[name] === "function") scope[name] = left[name];
      }
    }
  };

  // The engine's own constructor tells whether the parts can be compiled one by one.
  function constructing(key, kind) {
    const original = originals[key];
    guards[key] = function (...values) {
      let parameters = "";
      for (let i = 0; i < values.length; i++) values[i] = toText(values[i]);
      for (let i = 0; i < values.length - 1; i++) parameters += (i > 0 ? "," : "") + values[i];
      const body = values.length > 0 ? values[values.length - 1] : "";
      guardSource(parameters + body);
      construct(original, values);
      return within(evaluateGlobally(
        "0,function" + SCOPES + "{return " + kind + " anonymous(" + parameters + "\n) {\n" + body + "\n}}}"));
    };
  }
  const kindsOfFunction = ["function", "function*", "async function", "async function*"];
  for (let i = 0; i < kindsOfFunction.length; i++) constructing("Function." + i, kindsOfFunction[i]);

  // ---- Logs ---------------------------------------------------------------------

  // Whatever it is: a log changes nothing. Lists and plain objects are shown as JSON.
  var LONGEST_SHOWN = 20000;
  function showing(value) {
    let shown;
    try {
      if (value !== null && typeof value === "object") {
        const proto = getPrototypeOf(value);
        const isPlain = proto === null || proto === Object.prototype || proto === scopeKind || isArray(value);
        if (isPlain) shown = stringify(value, member);
        if (shown !== undefined && shown.length <= LONGEST_SHOWN) return "j" + shown;
      }
    } catch (error) {} // as of an object that holds itself
    try {
      shown = text(value);
    } catch (error) {
      shown = "[object Object]";
    }
    return encodeText(apply(toWellFormed, apply(slice, shown, [0, LONGEST_SHOWN]), []));
  }

  // ---- Errors ------------------------------------------------------------------

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

  // Why nothing can be assigned to a variable that prelude.js has looked for.
  function missing(root, member) {
    const isScope = hasOwn(prefixes, root) && root !== "event$";
    if (root === "session" || (hasOwn(facts, root) && !isScope)) return new TypeError("session is read-only: assign to a variable of your own");
    if (isScope && member === "") return new TypeError(root + " is a scope, not a variable: assign to a member of it");
    return new ReferenceError(root + (isScope ? "." + member : "") + " is not declared: declare it with <var>");
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

  return {
    guards, adopting, builtInValues, compiled, declareNew, failure, missing, removeNew, showing,
    operations: {
      __proto__: null,
      adopt: guarded(adopt), describe: surely(() => failure(takeThrown())),
      rememberMatches: guarded(rememberMatches), script: guarded(script, 10),
    },
  };
}
