// Values on their way into a subdialog and out of it: copies, for the two share nothing.
// Compiled in a session before the first subdialog.
0, function (kept) {
  "use strict";
  var {
    addCopy, apply, compiling, create, current, expression, findCopy, getOwnPropertyDescriptor, getTime, guarded, isArray,
    ownKeys, parse, setItem, shared, within,
  } = kept;
  var { DateKind, MapKind } = shared;
  var copies = create(null);

  function copyOf(value, known) {
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint")
      throw new TypeError("a " + typeof value + " cannot be given to a subdialog or returned by it: give a text, number, list or object");
    if (value === null || typeof value !== "object") return value;
    if (shared.isNode(value))
      throw new TypeError("a node of an XML document cannot be given to a subdialog or returned by it: take its data");
    const before = apply(findCopy, known, [value]);
    if (before !== undefined) return before;
    const time = timeOf(value);
    if (time !== undefined) return new DateKind(time);
    const copy = isArray(value) ? [] : {};
    apply(addCopy, known, [value, copy]);
    const names = ownKeys(value);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const found = getOwnPropertyDescriptor(value, name);
      if (typeof name === "string" && found.enumerable)
        copy[name] = copyOf(value[name], known);
    }
    if (isArray(value)) copy.length = value.length;
    return copy;
  }

  function timeOf(value) {
    try { return apply(getTime, value, []); } catch (error) { return undefined; } // no Date
  }

  function add(name, value) {
    if (value !== undefined) copies[name] = copyOf(value, new MapKind());
  }

  function takeAll() {
    const all = {};
    const names = ownKeys(copies);
    for (let i = 0; i < names.length; i++) all[names[i]] = copies[names[i]];
    copies = create(null);
    return all;
  }

  return {
    __proto__: null,
    beginCopies: guarded(() => { copies = create(null); }),
    copy: compiling((source, name) => {
      const body = expression(source);
      return () => add(name, within(body));
    }),
    copyValue: guarded((name, json) => add(name, parse(json))),
    declareCopy: guarded((name) => { current()[name] = copies[name]; }),
    setItemToCopies: guarded((name) => setItem(name, takeAll())),
  };
}
