// Documents of XML for the variables of <data>: what is read of DOM Level 2 Core, and
// nothing that changes anything (VoiceXML 2.1, appendix D). Compiled in a session before
// the first document. The value of this program is a function that makes one of nested
// lists: name, attributes, children, namespace; text stands for itself.
0, function (kept) {
  "use strict";
  var { apply, create, define, defineProperty, freeze, getPrototypeOf, Object, ownKeys, slice } = kept;

  function getter(proto, name, get) {
    defineProperty(proto, name, { __proto__: null, get, enumerable: false, configurable: false });
  }
  function method(proto, name, does) { define(proto, name, does, false); }

  var ELEMENT = 1, ATTRIBUTE = 2, TEXT = 3, DOCUMENT = 9;

  // ---- Nodes -------------------------------------------------------------------

  var node = create(null);
  getter(node, "firstChild", function () { return this.childNodes.length > 0 ? this.childNodes[0] : null; });
  getter(node, "lastChild", function () {
    return this.childNodes.length > 0 ? this.childNodes[this.childNodes.length - 1] : null;
  });
  function sibling(one, step) {
    if (one.parentNode === null || one.place < 0) return null;
    const found = one.parentNode.childNodes[one.place + step];
    return found === undefined ? null : found;
  }
  getter(node, "previousSibling", function () { return sibling(this, -1); });
  getter(node, "nextSibling", function () { return sibling(this, 1); });
  getter(node, "localName", function () { return this.nodeType <= ATTRIBUTE ? this.nodeName : null; });
  getter(node, "prefix", function () { return null; });
  getter(node, "ownerDocument", function () {
    let top = this;
    while (top.parentNode !== null) top = top.parentNode;
    return top === this ? null : top;
  });
  getter(node, "textContent", function () { return textOf(this); });
  method(node, "hasChildNodes", function () { return this.childNodes.length > 0; });
  method(node, "hasAttributes", function () { return this.attributes !== null && this.attributes.length > 0; });
  const kinds = ["ELEMENT_NODE", "ATTRIBUTE_NODE", "TEXT_NODE", "CDATA_SECTION_NODE"];
  for (let i = 0; i < kinds.length; i++) define(node, kinds[i], i + 1, false);
  define(node, "DOCUMENT_NODE", DOCUMENT, false);
  freeze(node);

  function textOf(one) {
    if (one.nodeValue !== null) return one.nodeValue;
    let text = "";
    for (let i = 0; i < one.childNodes.length; i++) text += textOf(one.childNodes[i]);
    return text;
  }

  function gather(one, name, found) {
    for (let i = 0; i < one.childNodes.length; i++) {
      const child = one.childNodes[i];
      if (child.nodeType !== ELEMENT) continue;
      if (name === "*" || child.nodeName === name) found[found.length] = child;
      gather(child, name, found);
    }
    return found;
  }
  function getElementsByTagName(name) { return listed(gather(this, "" + name, [])); }

  var element = create(node);
  getter(element, "tagName", function () { return this.nodeName; });
  method(element, "getAttribute", function (name) {
    const found = this.attributes.getNamedItem(name);
    return found === null ? "" : found.nodeValue;
  });
  method(element, "getAttributeNode", function (name) { return this.attributes.getNamedItem(name); });
  method(element, "hasAttribute", function (name) { return this.attributes.getNamedItem(name) !== null; });
  method(element, "getElementsByTagName", getElementsByTagName);
  freeze(element);

  var attribute = create(node);
  getter(attribute, "name", function () { return this.nodeName; });
  getter(attribute, "value", function () { return this.nodeValue; });
  getter(attribute, "specified", function () { return true; });
  freeze(attribute);

  var characters = create(node);
  getter(characters, "data", function () { return this.nodeValue; });
  getter(characters, "length", function () { return this.nodeValue.length; });
  method(characters, "substringData", function (offset, count) {
    return apply(slice, this.nodeValue, [offset, offset + count]);
  });
  freeze(characters);

  var whole = create(node);
  getter(whole, "documentElement", function () { return this.childNodes[0]; });
  method(whole, "getElementsByTagName", getElementsByTagName);
  method(whole, "getElementById", () => null);
  freeze(whole);

  // ---- Lists -------------------------------------------------------------------

  // A real list, so that foreach takes it.
  function listed(nodes) {
    method(nodes, "item", (index) => (index >= 0 && index < nodes.length ? nodes[index] : null));
    return freeze(nodes);
  }

  function named(nodes) {
    method(nodes, "getNamedItem", (name) => {
      for (let i = 0; i < nodes.length; i++) if (nodes[i].nodeName === "" + name) return nodes[i];
      return null;
    });
    return listed(nodes);
  }

  // ---- Making ------------------------------------------------------------------

  var NONE = listed([]);

  function made(proto, type, name, value, parent, place) {
    const one = create(proto);
    define(one, "nodeType", type, false);
    define(one, "nodeName", name, false);
    define(one, "nodeValue", value, false);
    define(one, "parentNode", parent, false);
    define(one, "place", place, false);
    return one;
  }

  function leaf(one) {
    define(one, "childNodes", NONE, false);
    define(one, "attributes", null, false);
    return freeze(one);
  }

  function grown(told, parent, place) {
    if (typeof told === "string") return leaf(made(characters, TEXT, "#text", told, parent, place));
    const one = made(element, ELEMENT, told[0], null, parent, place);
    const attributes = [];
    const names = ownKeys(told[1]);
    for (let i = 0; i < names.length; i++)
      attributes[i] = leaf(made(attribute, ATTRIBUTE, names[i], told[1][names[i]], null, -1));
    define(one, "attributes", named(attributes), false);
    define(one, "namespaceURI", told[3] === "" ? null : told[3], false);
    const children = [];
    for (let i = 0; i < told[2].length; i++) children[i] = grown(told[2][i], one, i);
    define(one, "childNodes", listed(children), false);
    return freeze(one);
  }

  function isNode(value) {
    for (let proto = value; proto !== null; proto = getPrototypeOf(proto)) if (proto === node) return true;
    return false;
  }

  function grow(told) {
    const top = made(whole, DOCUMENT, "#document", null, null, -1);
    define(top, "childNodes", listed([grown(told, top, 0)]), false);
    define(top, "attributes", null, false);
    return freeze(top);
  }

  return { grow, isNode };
}
