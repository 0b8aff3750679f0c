// Documents of XML for the variables of <data>: all that is read of DOM Level 2 Core, and
// nothing that changes anything (VoiceXML 2.1, 5 and appendix D). Compiled in a session
// before the first document. This program adds the operation `declareXml`, which makes a
// document of the nested lists of data.py, and tells the others what a node is.
0, function (kept) {
  "use strict";
  var {
    apply, create, current, define, defineProperty, freeze, getPrototypeOf, guarded, indexOf, Object, parse, shared, slice,
    toLowerCase,
  } = kept;

  function getter(proto, name, get) {
    defineProperty(proto, name, { __proto__: null, get, enumerable: false, configurable: false });
  }
  function method(proto, name, does) { define(proto, name, does, false); }

  var ELEMENT = 1, ATTRIBUTE = 2, TEXT = 3, CDATA_SECTION = 4, INSTRUCTION = 7, COMMENT = 8, DOCUMENT = 9;
  var TYPES = [
    "ELEMENT", "ATTRIBUTE", "TEXT", "CDATA_SECTION", "ENTITY_REFERENCE", "ENTITY", "PROCESSING_INSTRUCTION", "COMMENT",
    "DOCUMENT", "DOCUMENT_TYPE", "DOCUMENT_FRAGMENT", "NOTATION",
  ];

  // ---- Nodes -------------------------------------------------------------------

  var node = create(Object.prototype);
  for (let i = 0; i < TYPES.length; i++) define(node, TYPES[i] + "_NODE", i + 1, false);
  getter(node, "firstChild", function () { return this.childNodes.length > 0 ? this.childNodes[0] : null; });
  getter(node, "lastChild", function () {
    return this.childNodes.length > 0 ? this.childNodes[this.childNodes.length - 1] : null;
  });
  function sibling(at, step) {
    if (at.parentNode === null || at.place < 0) return null;
    const found = at.parentNode.childNodes[at.place + step];
    return found === undefined ? null : found;
  }
  getter(node, "previousSibling", function () { return sibling(this, -1); });
  getter(node, "nextSibling", function () { return sibling(this, 1); });
  getter(node, "localName", () => null);
  getter(node, "prefix", () => null);
  getter(node, "namespaceURI", () => null);
  getter(node, "attributes", () => null);
  getter(node, "ownerDocument", function () {
    let top = this.nodeType === ATTRIBUTE ? this.ownerElement : this;
    while (top.parentNode !== null) top = top.parentNode;
    return top === this ? null : top;
  });
  getter(node, "textContent", function () { return this.nodeType === DOCUMENT ? null : textOf(this); });
  method(node, "hasChildNodes", function () { return this.childNodes.length > 0; });
  method(node, "hasAttributes", function () { return this.attributes !== null && this.attributes.length > 0; });
  method(node, "isSupported", hasFeature);
  freeze(node);

  function textOf(of) {
    if (of.nodeValue !== null) return of.nodeValue;
    let text = "";
    for (let i = 0; i < of.childNodes.length; i++) {
      const child = of.childNodes[i];
      if (child.nodeType !== COMMENT && child.nodeType !== INSTRUCTION) text += textOf(child);
    }
    return text;
  }

  function hasFeature(feature, version) {
    const name = apply(toLowerCase, "" + feature, []);
    const isKnown = version === undefined || version === null || version === "" || version === "1.0" || version === "2.0";
    return isKnown && (name === "core" || name === "xml");
  }

  function gather(of, fits, found) {
    for (let i = 0; i < of.childNodes.length; i++) {
      const child = of.childNodes[i];
      if (child.nodeType !== ELEMENT) continue;
      if (fits(child)) found[found.length] = child;
      gather(child, fits, found);
    }
    return found;
  }
  function getElementsByTagName(name) {
    name = "" + name;
    return listed(gather(this, (child) => name === "*" || child.nodeName === name, []));
  }
  function getElementsByTagNameNS(namespace, name) {
    const uri = uriOf(namespace);
    name = "" + name;
    return listed(gather(this, (child) =>
      (uri === "*" || child.namespaceURI === uri) && (name === "*" || child.localName === name), []));
  }
  function uriOf(namespace) {
    return namespace === null || namespace === undefined || namespace === "" ? null : "" + namespace;
  }

  // Elements and attributes have names with a prefix.
  function naming(proto) {
    getter(proto, "localName", function () {
      const at = apply(indexOf, this.nodeName, [":"]);
      return at < 0 ? this.nodeName : apply(slice, this.nodeName, [at + 1]);
    });
    getter(proto, "prefix", function () {
      const at = apply(indexOf, this.nodeName, [":"]);
      return at < 0 ? null : apply(slice, this.nodeName, [0, at]);
    });
  }

  var element = create(node);
  naming(element);
  getter(element, "tagName", function () { return this.nodeName; });
  function valueOf(found) { return found === null ? "" : found.nodeValue; }
  method(element, "getAttribute", function (name) { return valueOf(this.attributes.getNamedItem(name)); });
  method(element, "getAttributeNS", function (uri, name) { return valueOf(this.attributes.getNamedItemNS(uri, name)); });
  method(element, "getAttributeNode", function (name) { return this.attributes.getNamedItem(name); });
  method(element, "getAttributeNodeNS", function (uri, name) { return this.attributes.getNamedItemNS(uri, name); });
  method(element, "hasAttribute", function (name) { return this.attributes.getNamedItem(name) !== null; });
  method(element, "hasAttributeNS", function (uri, name) { return this.attributes.getNamedItemNS(uri, name) !== null; });
  method(element, "getElementsByTagName", getElementsByTagName);
  method(element, "getElementsByTagNameNS", getElementsByTagNameNS);
  freeze(element);

  var attribute = create(node);
  naming(attribute);
  getter(attribute, "name", function () { return this.nodeName; });
  getter(attribute, "value", function () { return this.nodeValue; });
  getter(attribute, "specified", () => true);
  freeze(attribute);

  var characters = create(node);
  getter(characters, "data", function () { return this.nodeValue; });
  getter(characters, "length", function () { return this.nodeValue.length; });
  method(characters, "substringData", function (offset, count) {
    return apply(slice, this.nodeValue, [offset, offset + count]);
  });
  freeze(characters);

  var instruction = create(node);
  getter(instruction, "target", function () { return this.nodeName; });
  getter(instruction, "data", function () { return this.nodeValue; });
  freeze(instruction);

  var implementation = create(Object.prototype);
  method(implementation, "hasFeature", hasFeature);
  freeze(implementation);

  var whole = create(node);
  getter(whole, "documentElement", function () {
    for (let i = 0; i < this.childNodes.length; i++)
      if (this.childNodes[i].nodeType === ELEMENT) return this.childNodes[i];
  });
  getter(whole, "doctype", () => null);
  getter(whole, "implementation", () => implementation);
  method(whole, "getElementsByTagName", getElementsByTagName);
  method(whole, "getElementsByTagNameNS", getElementsByTagNameNS);
  method(whole, "getElementById", () => null); // without a DTD no attribute is an ID
  freeze(whole);

  // ---- Lists -------------------------------------------------------------------

  // A real list, so that foreach takes it.
  function listed(nodes) {
    method(nodes, "item", (index) => (index >= 0 && index < nodes.length ? nodes[index] : null));
    return freeze(nodes);
  }

  function named(nodes) {
    function find(fits) {
      for (let i = 0; i < nodes.length; i++) if (fits(nodes[i])) return nodes[i];
      return null;
    }
    method(nodes, "getNamedItem", (name) => find((found) => found.nodeName === "" + name));
    method(nodes, "getNamedItemNS", (namespace, name) => {
      const uri = uriOf(namespace);
      return find((found) => found.namespaceURI === uri && found.localName === "" + name);
    });
    return listed(nodes);
  }

  // ---- Making ------------------------------------------------------------------

  var NONE = listed([]);

  function made(proto, type, name, value, parent, place) {
    const made = create(proto);
    define(made, "nodeType", type, false);
    define(made, "nodeName", name, false);
    define(made, "nodeValue", value, false);
    define(made, "parentNode", parent, false);
    define(made, "place", place, false);
    return made;
  }

  function leaf(made) {
    define(made, "childNodes", NONE, false);
    return freeze(made);
  }

  function ofNamespace(made, uri) { define(made, "namespaceURI", uri === "" ? null : uri, false); }

  function grown(told, parent, place) {
    if (typeof told === "string") return leaf(made(characters, TEXT, "#text", told, parent, place));
    const type = told[0];
    if (type === CDATA_SECTION) return leaf(made(characters, type, "#cdata-section", told[1], parent, place));
    if (type === COMMENT) return leaf(made(characters, type, "#comment", told[1], parent, place));
    if (type === INSTRUCTION) return leaf(made(instruction, type, told[1], told[2], parent, place));
    const grownElement = made(element, ELEMENT, told[1], null, parent, place);
    ofNamespace(grownElement, told[2]);
    const attributes = [];
    for (let i = 0; i < told[3].length; i++) {
      const listedAttribute = told[3][i];
      const grownAttribute = made(attribute, ATTRIBUTE, listedAttribute[0], listedAttribute[2], null, -1);
      ofNamespace(grownAttribute, listedAttribute[1]);
      define(grownAttribute, "ownerElement", grownElement, false);
      attributes[i] = leaf(grownAttribute);
    }
    define(grownElement, "attributes", named(attributes), false);
    define(grownElement, "childNodes", listed(allGrown(told[4], grownElement)), false);
    return freeze(grownElement);
  }

  function allGrown(told, parent) {
    const children = [];
    for (let i = 0; i < told.length; i++) children[i] = grown(told[i], parent, i);
    return children;
  }

  shared.isNode = (value) => {
    for (let proto = value; proto !== null; proto = getPrototypeOf(proto)) if (proto === node) return true;
    return false;
  };

  function grow(told) {
    const top = made(whole, DOCUMENT, "#document", null, null, -1);
    define(top, "childNodes", listed(allGrown(told, top)), false);
    return freeze(top);
  }

  return {
    __proto__: null,
    declareXml: guarded((name, json) => { current()[name] = grow(parse(json)); }),
  };
}
