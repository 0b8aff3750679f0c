// Draws what the stream tells. Whatever comes from outside gets into the page as text only.

const SECONDS = 300;
const LAST_CALLS = 50;
const STATES = ["dialing", "ringing", "connected", "ending"];
const PHRASES = {
  300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily",
  400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
  405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required",
  408: "Request Timeout", 410: "Gone", 415: "Unsupported Media Type", 420: "Bad Extension",
  480: "Temporarily Unavailable", 481: "Call Does Not Exist", 482: "Loop Detected",
  483: "Too Many Hops", 484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated",
  488: "Not Acceptable Here", 500: "Server Internal Error", 501: "Not Implemented",
  502: "Bad Gateway", 503: "Service Unavailable", 504: "Server Time-out",
  600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
};
const KINDS = {
  answered: "good", busy: "failed", no_answer: "failed", rejected: "failed",
  unreachable: "failed", congestion: "trouble", cancelled: "cancelled", failed: "trouble",
  refused: "refused",
};
const WORDS = {
  answered: "answered", busy: "busy", no_answer: "no answer", rejected: "rejected",
  unreachable: "unreachable", congestion: "congestion", cancelled: "cancelled",
  failed: "failed", refused: "refused",
};

const element = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const rate = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** A new element with text and children. */
export function make(name, { text, className, title } = {}, ...children) {
  const node = document.createElement(name);
  if (text !== undefined && text !== null) node.textContent = text;
  if (className) node.className = className;
  if (title) node.title = title;
  node.append(...children);
  return node;
}

/** A new element of an SVG with these attributes. */
export function shape(name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

/** A moment as the clock on the wall shows it. */
export const clock = (date) => date.toLocaleTimeString("en-GB");

/** How long a call was. */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")} min`;
}

/** Results of applications that are started without a call. */
const BEGUN = ["Application started", "Request accepted"];

/** What kind of outcome it is: good, failed, refused, cancelled, or trouble that somebody should
 * look at, as an application that broke. */
export function kindOf({ result, disposition, applicationEnd }) {
  if (applicationEnd === "error") return "trouble";
  if (disposition) return KINDS[disposition];
  if (!result) return "open";
  // An application that has started, or what was recorded before there were dispositions.
  if (result === "Call connected" || BEGUN.includes(result)) return "good";
  return result === "Call failed" ? "failed" : "trouble";
}

/** What has become of a call, in words that fit into the list. */
export function wordOf({ result, disposition, applicationEnd }) {
  if (applicationEnd === "error") return "application error";
  const isNamed = result && result !== "Call failed"; // by a result that says more
  const names = isNamed && (!disposition || ["refused", "failed"].includes(disposition));
  return names || !disposition ? result : WORDS[disposition];
}

const nameOf = (outcome) => {
  const { result, sipStatus } = outcome;
  if (result !== "Call failed" || !sipStatus) return wordOf(outcome);
  return `${wordOf(outcome)}: ${sipStatus} ${PHRASES[sipStatus] ?? ""}`;
};

/** The page's picture of the platform. */
export class Picture {
  #points = [];
  #calls = new Map();
  #rows = new Map(); // of the same calls
  #aheadMs = 0; // our clock of the server's

  /** `choose` is told of a call that is clicked. */
  constructor(choose) {
    const list = element("last-calls");
    const callAt = (event) => this.#calls.get(event.target.closest("tr")?.dataset.id);
    const open = (call) => call?.applicationUUID && choose(call);
    // Rows move: what counts is where the button went down, not where it came up.
    let pressed;
    list.addEventListener("pointerdown", (event) => { pressed = callAt(event); });
    list.addEventListener("click", () => open(pressed));
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // it would press the button that closes the dialog
      open(callAt(event));
    });
    setInterval(() => this.#drawDurations(), 1000);
  }

  /** The last five minutes, as lists of calls, attempts and answers a second. */
  history(points) {
    this.#points = points;
    this.#calls.clear();
    this.#rows.clear();
  }

  /** What is true now. */
  state(state) {
    this.#points = [...this.#points, state.point].slice(-SECONDS);
    this.#aheadMs = Date.now() - state.now * 1000;
    document.title = `${number.format(state.calls)} calls · outring`;
    element("name").textContent = state.name;
    drawHealth(state);
    drawTiles(state);
    drawCourse(this.#points);
    drawOutcomes(state.outcomes);
    drawMeters("nodes", state.nodes.map((node) => ({
      name: node.name, held: node.calls, limit: node.limit, note: node.isDraining ? "draining" : "",
    })), "No node lives.");
    drawMeters("slots", state.slots.map((limit) => ({ ...limit, note: limit.scope })),
      "Nothing is limited, or it is not known.");
  }

  /** Calls that are new or have changed; returns them. */
  calls(calls) {
    for (const call of calls) {
      this.#calls.set(call.id, call);
      this.#drawRow(call);
    }
    const newest = [...this.#calls.values()].sort((a, b) => b.at - a.at).slice(0, LAST_CALLS);
    this.#calls = new Map(newest.map((call) => [call.id, call]));
    this.#rows = new Map(newest.map(({ id }) => [id, this.#rows.get(id)]));
    arrange(element("last-calls"), [...this.#rows.values()]);
    element("no-calls").hidden = newest.length > 0;
    return calls;
  }

  #drawRow(call) {
    const isOver = call.state === "ended";
    const cells = [
      ["time", clock(new Date(call.at * 1000))],
      ["application", call.application ?? "–"],
      ["to", call.to ?? "–"],
      ["result", isOver ? wordOf(call) ?? call.state : call.state],
      ["sip", call.sipStatus ?? ""],
      ["duration", this.#lasted(call)],
      ["node", call.node],
    ].map(([className, text]) => make("td", { text, className }));
    cells[3].classList.add(kindOf(call));
    if (call.result) cells[3].title = call.result;
    const row = this.#rows.get(call.id) ?? make("tr");
    row.className = isOver ? "" : "live";
    row.dataset.id = call.id;
    if (call.applicationUUID) row.tabIndex = 0;
    row.replaceChildren(...cells);
    this.#rows.set(call.id, row);
  }

  #drawDurations() {
    for (const row of element("last-calls").querySelectorAll("tr.live")) {
      const call = this.#calls.get(row.dataset.id);
      if (call) row.querySelector(".duration").textContent = this.#lasted(call);
    }
  }

  /** How long a call lasts or lasted; nothing of one that was never answered. */
  #lasted(call) {
    if (call.duration !== null) return duration(call.duration);
    if (call.answered === null || document.body.classList.contains("stale")) return "";
    return duration(Math.max(0, Date.now() - this.#aheadMs - call.answered * 1000));
  }
}

/** Let a list have these children, and move none that is in its place. */
function arrange(list, children) {
  children.forEach((child, index) => {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
  while (list.children.length > children.length) list.lastElementChild.remove();
}

/** That webhooks refuse what they get, and how much waits for them, in a few words. */
function webhookTrouble({ failing, waiting }) {
  const many = failing === 1 ? "1 webhook refuses" : `${number.format(failing)} webhooks refuse`;
  return `${many}, ${number.format(waiting)} ${waiting === 1 ? "event waits" : "events wait"}`;
}

function drawHealth(state) {
  const signs = [["database", state.database]];
  if (state.redis !== null) signs.push(["Redis", state.redis]);
  if (state.webhooks !== null) signs.push(["webhooks", !state.webhooks.failing]);
  const items = signs.map(([name, isWell]) =>
    make("li", { text: isWell ? name : `${name} away`, className: isWell ? "well" : "ill" }));
  if (state.webhooks?.failing) items.at(-1).textContent = webhookTrouble(state.webhooks);
  if (state.isDraining) items.push(make("li", { text: "draining", className: "ill" }));
  element("health").replaceChildren(...items);
}

function drawTiles(state) {
  element("calls").textContent = number.format(state.calls);
  drawBar("state-bar", STATES.map((name) => [name, state.states[name] ?? 0]));
  element("states").replaceChildren(...STATES.map((name) =>
    make("li", {}, make("span", { className: `key ${name}` }),
      `${name} `, make("b", { text: number.format(state.states[name] ?? 0) }))));
  for (const what of ["attempts", "answers"]) {
    element(what).textContent = rate.format(state[what].second);
    element(`${what}-minute`).textContent = `${rate.format(state[what].minute)} over the minute`;
  }
  const tried = state.outcomes.filter((outcome) =>
    kindOf(outcome) !== "refused" && !BEGUN.includes(outcome.result));
  const sum = (list) => list.reduce((total, outcome) => total + outcome.minute, 0);
  const all = sum(tried);
  const good = sum(tried.filter((outcome) => outcome.result === "Call connected"));
  element("share").textContent = all ? `${Math.round((100 * good) / all)} %` : "–";
  element("share-of").textContent = `of ${number.format(all)} in the last minute`;
}

/** A bar of parts, each a class name and how much it is. */
function drawBar(id, parts) {
  element(id).replaceChildren(...parts.filter(([, count]) => count).map(([className, count]) => {
    const part = make("span", { className, title: `${className}: ${count}` });
    part.style.flexGrow = count;
    return part;
  }));
}

function drawOutcomes(outcomes) {
  const sums = { good: 0, failed: 0, cancelled: 0, trouble: 0, refused: 0 };
  for (const outcome of outcomes) sums[kindOf(outcome)] += outcome.minute;
  drawBar("outcome-bar", Object.entries(sums));
  const shown = [...outcomes].sort((a, b) => b.minute - a.minute || b.hour - a.hour);
  element("no-outcomes").hidden = shown.length > 0;
  element("outcomes").replaceChildren(...shown.slice(0, 14).map((outcome) =>
    make("tr", {},
      make("td", {},
        make("span", { className: `key ${kindOf(outcome)}` }),
        nameOf(outcome)),
      make("td", { text: number.format(outcome.minute) }),
      make("td", { text: number.format(outcome.hour) }))));
}

function drawMeters(id, meters, otherwise) {
  if (!meters.length) {
    element(id).replaceChildren(make("li", { text: otherwise, className: "note" }));
    return;
  }
  element(id).replaceChildren(...meters.map(({ name, held, limit, note }) => {
    const full = limit ? held / limit : 1;
    const level = make("span", { className: full >= 1 ? "full" : full >= 0.8 ? "high" : "" });
    level.style.width = `${Math.min(100, 100 * full)}%`;
    return make("li", {},
      make("span", { className: "who" }, make("b", { text: name }), make("i", { text: note })),
      make("span", { text: `${number.format(held)} / ${number.format(limit)}`, className: "much" }),
      make("span", { className: "meter" }, level));
  }));
}

// -- the chart -----------------------------------------------------------------------

/** The next round number above what is to be shown. */
function top(values) {
  const most = Math.max(4, ...values);
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 8, 10].map((step) => step * unit).find((step) => step >= most);
}

/** The mean of each second and the two before it: calls come by chance, not by the clock. */
function smooth(values) {
  return values.map((_, index) => {
    const near = values.slice(Math.max(0, index - 2), index + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

/** The values as a path from left to right that ends now. */
function path(values, most) {
  const start = SECONDS - values.length;
  return values.map((value, index) =>
    `${index ? "L" : "M"}${start + index + 1} ${(98 - (94 * value) / most).toFixed(2)}`).join("");
}

function drawCourse(points) {
  const [calls, ...rates] = [0, 1, 2].map((index) => points.map((point) => point[index]));
  const [attempts, answers] = rates.map(smooth);
  const callsTop = top(calls);
  const ratesTop = top([...attempts, ...answers]);
  element("calls-top").textContent = number.format(callsTop);
  element("rates-top").textContent = number.format(ratesTop);
  const line = path(calls, callsTop);
  const first = SECONDS - calls.length + 1;
  drawChart("calls-chart", [
    shape("path", { d: `${line}V98H${first}Z`, class: "calls area" }),
    shape("path", { d: line, class: "calls" }),
  ]);
  drawChart("rates-chart", [
    shape("path", { d: path(attempts, ratesTop), class: "attempts" }),
    shape("path", { d: path(answers, ratesTop), class: "answers" }),
  ]);
}

function drawChart(id, curves) {
  const levels = [4, 51, 98].map((y) => shape("path", { d: `M0 ${y}H300`, class: "level" }));
  element(id).replaceChildren(...levels, ...curves);
}
