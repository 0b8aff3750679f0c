// The scopes of VoiceXML, which prelude.js of ccxml takes in where it says so: anonymous,
// dialog, document, application, session (VoiceXML 2.0, 5.1.2). A subdialog has its own,
// and those of its caller wait behind it.

  var SCOPES = "(ccxml$0,ccxml$1,ccxml$2,ccxml$3,ccxml$4,ccxml$5){"
    + "with(ccxml$5)with(ccxml$4)with(ccxml$3)with(ccxml$2)with(ccxml$1)with(ccxml$0)";
  var NO_SCOPE = freeze(newScope());
  var application = newScope();
  var document = application; // the same in a document that has no root
  var dialog = NO_SCOPE;
  var anonymous = NO_SCOPE;
  var callers = null;
  var loops = null;

  accessor(prefixes, "application", () => application, refuse);
  accessor(prefixes, "document", () => document, refuse);
  accessor(prefixes, "dialog", () => dialog, refuse);

  // All scopes, innermost first. A variable may have the name of a scope, which it hides.
  function chain() { return [anonymous, dialog, document, application, prefixes, session]; }

  // Where a variable is declared.
  function current() {
    return anonymous !== NO_SCOPE ? anonymous : dialog !== NO_SCOPE ? dialog : document;
  }

  // What a script assigns without declaring it.
  function home() { return current(); }

  // Whether members need no declaration.
  function isOpen() { return false; }

  // Names that no variable may have.
  function isReserved() { return false; }

  // Who began the call is the same object as that end of it (VoiceXML 2.0, 5.1.4).
  function completed(name, value) {
    if (name === "connection" && hasOwn(value, "" + value.originator)) value.originator = value[value.originator];
    return value;
  }

  function enterDocument(isRoot) {
    document = newScope();
    if (isRoot) application = document;
    dialog = anonymous = NO_SCOPE;
  }

  function beginLoop(list) {
    if (!isArray(list)) throw new TypeError("foreach takes an array: give it a list");
    const items = create(null);
    const { length } = list;
    if (length > LONGEST_LIST) throw new RangeError("list too long: at most " + LONGEST_LIST + " items");
    for (let i = 0; i < length; i++) items[i] = list[i];
    loops = { __proto__: null, items, outer: loops };
    return "j" + length;
  }

  // What many sessions do without stands in programs of their own (dom.js, copies.js,
  // sisr.js), which are compiled when they are needed, and add operations.
  var shared = { __proto__: null, DateKind: Date, MapKind: Map, isNode: () => false };
  var { get: findCopy, set: addCopy } = Map.prototype;
  var { getTime } = Date.prototype;
  var { indexOf, toLowerCase } = text.prototype;
  function extend(source) {
    const more = evaluateGlobally(source)({
      __proto__: null, ...later, addCopy, apply, compiling, create, current, define, defineProperty, encode, evaluateGlobally,
      expression, findCopy, freeze, getOwnPropertyDescriptor, getPrototypeOf, getTime, guarded, hasOwn, indexOf, isArray,
      Object, ownKeys, parse, setItem, shared, slice, toLowerCase, within,
    });
    const names = ownKeys(more);
    for (let i = 0; i < names.length; i++) door[names[i]] = more[names[i]];
  }

  function setItem(name, value) { dialog[name] = value; }

  // Its first element's members are the list's too (VoiceXML 2.0, 5.1.5).
  function setLastResult(json) {
    const results = parse(json);
    const names = ownKeys(results[0]);
    for (let i = 0; i < names.length; i++) results[names[i]] = results[0][names[i]];
    application.lastresult$ = results;
  }

  function operations() {
    return {
      __proto__: null,
      enterRoot: guarded(() => enterDocument(true)),
      enterDocument: guarded(() => enterDocument(false)),
      stayInRoot: guarded(() => { document = application; dialog = anonymous = NO_SCOPE; }),
      enterDialog: guarded(() => { dialog = newScope(); anonymous = NO_SCOPE; }),
      enterAnonymous: guarded(() => { anonymous = newScope(); }),
      leaveAnonymous: guarded(() => { anonymous = NO_SCOPE; }),
      enterSubdialog: guarded(() => {
        callers = { __proto__: null, application, document, dialog, anonymous, loops, outer: callers };
        application = document = newScope();
        dialog = anonymous = NO_SCOPE;
        loops = null;
      }),
      leaveSubdialog: guarded(() => {
        ({ application, document, dialog, anonymous, loops, outer: callers } = callers);
      }),
      isUndefined: guarded((name) => dialog[name] === undefined),
      setItem: guarded((name, json) => { dialog[name] = json === "" ? undefined : parse(json); }),
      extend: guarded(extend),
      setLastResult: guarded(setLastResult),
      beginLoop: compiling((source) => {
        const body = expression(source);
        return () => beginLoop(within(body));
      }),
      loopItem: guarded((name, index) => { current()[name] = loops.items[index]; }),
      endLoop: guarded(() => { loops = loops.outer; }),
    };
  }
