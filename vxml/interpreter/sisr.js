// The tags of grammars that are programs (Semantic Interpretation for Speech Recognition
// 1.0), compiled in a session before the first of them. This program adds the operation
// `interpretation`, which takes a path through a grammar (lists of scopes.py, and keys as
// texts), compiles the tags on it, and then runs them for the value of the first rule.
//
// Each rule that was passed has a scope with `out`, `rules` and `meta`, and what its tags
// declare; behind it stands that of the head of its grammar. Variables of the document are
// not seen.
0, function (kept) {
  "use strict";
  var {
    apply, builtInValues, compiled, compiling, create, declareNew, define, defineProperty, encode, hasOwn, ownKeys, parse,
    removeNew,
  } = kept;

  var SCOPES = "(ccxml$0,ccxml$1){with(ccxml$1)with(ccxml$0)";
  var programs = create(null);

  function prepare(source) {
    if (!(source in programs)) programs[source] = compiled(source, SCOPES);
  }

  function runIn(scope, head, source) {
    const { body, names } = programs[source];
    const before = builtInValues();
    declareNew(names, scope);
    const left = create(null);
    try {
      apply(body, scope, [scope, head]);
    } finally {
      removeNew(before, left);
      const assigned = ownKeys(left);
      for (let i = 0; i < assigned.length; i++) scope[assigned[i]] = left[assigned[i]];
    }
  }

  // ---- Rules that are passed -------------------------------------------------------

  function accessor(object, name, get, set) {
    defineProperty(object, name, { __proto__: null, get, set, enumerable: false, configurable: true });
  }

  // What was matched, as `meta` shows it.
  function matched(rule) { return { text: rule.text, score: 1 }; }

  function begin(name, head) {
    const rule = { __proto__: null, name, head, out: {}, isSet: false, text: "", latest: null, meant: null };
    const rules = {}, meta = {}, scope = create(null);
    define(rules, "latest", function latest() { return rule.latest === null ? undefined : rule.latest.value; }, true);
    define(meta, "latest", function latest() { return rule.latest === null ? undefined : matched(rule.latest); }, true);
    define(meta, "current", function current() { return matched(rule); }, true);
    // The names of the drafts stand beside those of the standard.
    const read = () => rule.out, write = (value) => { rule.out = value; };
    accessor(scope, "out", read, write);
    accessor(scope, "$", read, write);
    accessor(scope, "$$", () => rules.latest());
    define(scope, "rules", rules, true);
    define(scope, "meta", meta, true);
    rule.scope = scope;
    rule.rules = rules;
    rule.meta = meta;
    return rule;
  }

  // Without a tag a rule has the value of the last rule in it that has one by its tags,
  // and else the keys.
  function valueOf(rule) {
    if (rule.isSet) return rule.out;
    return rule.meant === null ? rule.text : rule.meant.value;
  }

  function end(rule, outer) {
    rule.value = valueOf(rule);
    outer.text += rule.text;
    outer.latest = rule;
    if (rule.isSet || rule.meant !== null) outer.meant = rule;
    define(outer.rules, rule.name, rule.value, true);
    define(outer.meta, rule.name, matched(rule), true);
    if (!hasOwn(outer.scope, "$" + rule.name)) accessor(outer.scope, "$" + rule.name, () => outer.rules[rule.name]);
  }

  function run(steps) {
    const heads = create(null);
    let open = begin("", create(null));
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      if (typeof step === "string") { open.text += step; continue; }
      const kind = step[0], text = step[1], tags = step[2];
      if (kind === "begin") {
        const rule = begin(text, headOf(tags, heads));
        rule.outer = open;
        open = rule;
      } else if (kind === "end") {
        end(open, open.outer);
        open = open.outer;
      } else {
        if (kind === "literal") open.out = text;
        else runIn(open.scope, open.head, text);
        open.isSet = true;
      }
    }
    return valueOf(open);
  }

  // The tags of the head of a grammar are run once, before the first of its rules.
  function headOf(tags, heads) {
    let key = "";
    for (let i = 0; i < tags.length; i++) key += tags[i] + "\0";
    if (!(key in heads)) {
      heads[key] = create(null);
      for (let i = 0; i < tags.length; i++) runIn(heads[key], heads[key], tags[i]);
    }
    return heads[key];
  }

  function prepareAll(steps) {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      if (typeof step === "string") continue;
      if (step[0] === "program") prepare(step[1]);
      if (step[0] === "begin") for (let k = 0; k < step[2].length; k++) prepare(step[2][k]);
    }
  }

  return {
    __proto__: null,
    interpretation: compiling((json) => {
      const steps = parse(json);
      prepareAll(steps);
      return () => encode(run(steps));
    }),
  };
}
