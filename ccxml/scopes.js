// The scopes of CCXML, which prelude.js takes in where it says so: transition, ccxml,
// application, session. Another language has such a file of its own.

  var SCOPES = "(ccxml$0,ccxml$1,ccxml$2,ccxml$3,ccxml$4){"
    + "with(ccxml$4)with(ccxml$3)with(ccxml$2)with(ccxml$1)with(ccxml$0)";
  var NO_TRANSITION = freeze(newScope());
  var application = newScope();
  var ccxml = newScope();
  var transition = NO_TRANSITION;

  accessor(prefixes, "application", () => application, refuse);
  accessor(prefixes, "ccxml", () => ccxml, refuse);
  accessor(prefixes, "transition", () => transition, refuse);
  // Here besides the transition scope for functions that were declared at the head of
  // the document.
  accessor(prefixes, "event$", () => transition.event$, (value) => { transition.event$ = value; });

  // All scopes, innermost first: nothing hides the names of the scopes.
  function chain() { return [prefixes, transition, ccxml, application, session]; }

  // Where a variable is declared.
  function current() { return transition === NO_TRANSITION ? ccxml : transition; }

  // What a script assigns without declaring it.
  function home() { return ccxml; }

  // Whether members need no declaration.
  function isOpen(scope) { return scope === application; }

  // Names that no variable may have.
  function isReserved(name) { return name in prefixes; }

  // What the platform sets is as the document finds it.
  function completed(name, value) { return value; }

  function newDocument() {
    ccxml = newScope();
    transition = NO_TRANSITION;
  }

  function newTransition(json) {
    const renewed = newScope();
    if (json !== "") renewed.event$ = parse(json);
    transition = renewed;
  }

  function nameEvent(name) {
    transition[name] = transition.event$;
  }

  function operations() {
    return {
      __proto__: null,
      newDocument: guarded(newDocument), newTransition: guarded(newTransition), nameEvent: guarded(nameEvent),
    };
  }
