// The campaigns: how far each has come, what can be done with it, its contacts and its report.
import { clock, make } from "./draw.js";

const PATH = "api/v1/campaigns";
const PAUSE_MS = 2000; // from one look at the campaigns to the next
const SHOWN_LINES = 10;
const QUESTIONS = {
  start: "Have the campaign call now?",
  pause: "Place no more calls? Those that live go on.",
  cancel: "End the campaign for good? Whoever waits in it is not called any more.",
};
const VERBS = { ready: ["start", "cancel"], running: ["pause", "cancel"], paused: ["start", "cancel"], finished: ["cancel"], draft: ["cancel"] };

const element = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(2)} %`);

/** When it ends: of today the time of day, else with the date. */
function moment(text) {
  if (!text) return "–";
  const date = new Date(text);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clock(date) : `${date.toLocaleDateString("en-CA")} ${clock(date)}`;
}

/** Counts by their names, the largest first. */
function counts(values) {
  const sorted = Object.entries(values).sort(([, first], [, second]) => second - first);
  return sorted.map(([name, count]) => `${name} ${number.format(count)}`).join(", ") || "–";
}

/** A table of texts; the first row is its head. */
function table(rows, className) {
  const [head, ...rest] = rows;
  const line = (tag, cells) => make("tr", {}, ...cells.map((text) => make(tag, { text })));
  return make("table", { className }, make("thead", {}, line("th", head)),
    make("tbody", {}, ...rest.map((row) => line("td", row))));
}

/** The list of campaigns on the live page, and the dialog that shows one. */
export class Campaigns {
  #token;
  #lookedAt = 0;
  #shown = null; // the name of the campaign in the dialog
  #file = null; // what was checked, and may be imported

  /** `token` returns the admin token. */
  constructor(token) {
    this.#token = token;
    element("campaign-close").addEventListener("click", () => element("campaign").close());
    element("campaign").addEventListener("close", () => { this.#shown = null; });
    element("contact-search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search();
    });
    element("import-file").addEventListener("change", () => this.#check());
    element("import-go").addEventListener("click", () => this.#import());
    element("report-show").addEventListener("click", () => this.#report());
    element("report-print").addEventListener("click", () => print());
  }

  /** Look at the campaigns again, unless that was done just now. */
  async refresh() {
    if (Date.now() - this.#lookedAt < PAUSE_MS) return;
    this.#lookedAt = Date.now();
    const { campaigns } = await this.#ask("GET", "").catch(() => ({}));
    if (campaigns === undefined) return;
    element("campaigns").hidden = !campaigns.length;
    element("campaign-list").replaceChildren(...campaigns.map((it) => this.#row(it)));
    const shown = campaigns.find((it) => it.id === this.#shown);
    if (shown) this.#facts(shown);
  }

  #row(campaign) {
    const { progress } = campaign;
    const bar = make("progress", { title: `${number.format(progress.done)} of ${number.format(progress.contacts)}` });
    bar.max = Math.max(progress.contacts, 1);
    bar.value = progress.done;
    const cells = [
      make("td", { text: campaign.id, className: "name" }),
      make("td", { text: campaign.state, className: `state ${campaign.state}`, title: campaign.reason ?? "" }),
      make("td", {}, bar),
      make("td", { text: `${number.format(progress.done)} / ${number.format(progress.contacts)}`, className: "much" }),
      make("td", { text: number.format(progress.calling), className: "much" }),
      make("td", { text: progress.calls_per_second.toFixed(1), className: "much" }),
      make("td", { text: percent(progress.abandoned_share), className: "much" }),
      make("td", { text: moment(progress.estimated_end) }),
    ];
    const row = make("tr", {}, ...cells);
    row.tabIndex = 0;
    row.addEventListener("click", () => this.open(campaign));
    row.addEventListener("keydown", (event) => { if (event.key === "Enter") this.open(campaign); });
    return row;
  }

  /** Show a campaign of the list. */
  open(campaign) {
    this.#shown = campaign.id;
    this.#file = null;
    for (const part of ["contacts", "why", "preview", "report"]) element(`campaign-${part}`).replaceChildren();
    for (const part of ["import-go", "report-print"]) element(part).hidden = true;
    element("campaign-trouble").textContent = "";
    element("import-file").value = "";
    element("contact-key").value = "";
    element("campaign").showModal();
    this.#facts(campaign);
  }

  #facts(campaign) {
    const { progress } = campaign;
    element("campaign-title").textContent = campaign.id;
    const facts = {
      application: campaign.application,
      state: campaign.reason ? `${campaign.state}: ${campaign.reason}` : campaign.state,
      contacts: `${number.format(progress.done)} of ${number.format(progress.contacts)} done, ${number.format(progress.calling)} are being called`,
      ends: counts(progress.ends),
      outcomes: counts(progress.outcomes),
      pace: `${progress.calls_per_second.toFixed(1)} calls a second`,
      abandoned: percent(progress.abandoned_share),
      "estimated end": moment(progress.estimated_end),
    };
    element("campaign-facts").replaceChildren(...Object.entries(facts).flatMap(
      ([name, text]) => [make("dt", { text: name }), make("dd", { text })]));
    const buttons = (VERBS[campaign.state] ?? []).map((verb) => {
      const button = make("button", { text: verb, className: verb });
      button.addEventListener("click", () => this.#change(campaign.id, verb));
      return button;
    });
    const held = [...element("campaign-verbs").children].map((it) => it.textContent).join();
    if (held !== buttons.map((it) => it.textContent).join()) element("campaign-verbs").replaceChildren(...buttons);
  }

  async #change(name, verb) {
    if (!confirm(`${name}: ${QUESTIONS[verb]}`)) return;
    const view = await this.#try(() => this.#ask("POST", `/${encodeURIComponent(name)}/${verb}`, "{}"));
    if (view) this.#facts(view);
    this.#lookedAt = 0;
  }

  async #search() {
    const given = element("contact-key").value.trim();
    const kind = /^[+0-9]{4,}$/.test(given) ? "number" : "key";
    const query = new URLSearchParams({ [kind]: given.replace("+", ""), limit: "20" });
    const page = await this.#try(() => this.#ask("GET", `${this.#path()}/contacts?${query}`));
    if (!page) return;
    element("campaign-why").replaceChildren();
    const rows = page.contacts.map((it) => [it.key, it.numbers.join(", "), it.state, it.end ?? it.last_outcome ?? ""]);
    const found = table([["Key", "Numbers", "State", "Outcome"], ...rows], "found");
    page.contacts.forEach((it, index) => {
      const row = found.tBodies[0].rows[index];
      row.tabIndex = 0;
      row.addEventListener("click", () => this.#why(it.key));
      row.addEventListener("keydown", (event) => { if (event.key === "Enter") this.#why(it.key); });
    });
    element("campaign-contacts").replaceChildren(
      page.contacts.length ? found : make("p", { className: "note", text: "There is none." }));
  }

  async #why(key) {
    const path = `${this.#path()}/contacts/${encodeURIComponent(key)}/why`;
    const why = await this.#try(() => this.#ask("GET", path));
    if (!why) return;
    const rules = why.rules.map((rule) => make("li", {
      className: rule.passes ? "good" : "trouble",
      text: [rule.rule, rule.number, rule.detail].filter((part) => part).join(" · "),
    }));
    element("campaign-why").replaceChildren(
      make("p", { text: `${key}: ${why.verdict}` }), make("ul", {}, ...rules));
  }

  async #check() {
    const [file] = element("import-file").files;
    element("import-go").hidden = true;
    if (!file) return;
    element("campaign-preview").replaceChildren(make("p", { className: "note", text: "It is being checked." }));
    const told = await this.#try(() => this.#send("validate", file));
    if (!told) return;
    const { lines, calls } = told;
    this.#file = file;
    element("campaign-preview").replaceChildren(
      make("p", { text: `Lines that can be imported: ${number.format(lines.accepted)}, that are wrong: ${number.format(lines.refused_count)}. The last one is called at ${moment(calls.last_at)} at the earliest.` }),
      ...this.#mistakes(lines));
    element("import-go").hidden = !lines.accepted;
  }

  async #import() {
    element("import-go").hidden = true;
    const done = await this.#try(() => this.#send("contacts", this.#file));
    if (!done) return;
    element("campaign-preview").replaceChildren(
      make("p", { text: `${number.format(done.accepted)} are new, ${number.format(done.replaced)} changed, ${number.format(done.refused_count)} refused.` }),
      ...this.#mistakes(done));
    this.#lookedAt = 0;
  }

  #mistakes(lines) {
    const named = lines.refused.slice(0, SHOWN_LINES).map(
      (it) => make("li", { className: "trouble", text: `line ${it.line}: ${it.reason}` }));
    return named.length ? [make("ul", {}, ...named)] : [];
  }

  #send(what, file) {
    const format = file.name.toLowerCase().endsWith(".csv") ? "csv" : "ndjson";
    return this.#ask("POST", `${this.#path()}/${what}?format=${format}`, file);
  }

  async #report() {
    const report = await this.#try(() => this.#ask("GET", `${this.#path()}/report`));
    if (!report) return;
    const names = Object.keys(report.total.outcomes);
    const row = (day) => [day.day, number.format(day.attempts), ...names.map((name) => number.format(day.outcomes[name] ?? 0)), percent(day.abandoned_share)];
    const days = report.days.filter((day) => day.attempts);
    element("campaign-report").replaceChildren(
      make("h2", { text: `${report.campaign}, ${report.since} to ${report.until}` }),
      table([["Day", "Attempts", ...names, "Abandoned"], ...days.map(row), row(report.total)], "report"));
    element("report-print").hidden = false;
  }

  #path() {
    return `/${encodeURIComponent(this.#shown)}`;
  }

  /** What `work` gives; if it fails the dialog says why, and nothing is given. */
  async #try(work) {
    element("campaign-trouble").textContent = "";
    try {
      return await work();
    } catch (error) {
      element("campaign-trouble").textContent = error.message;
      return null;
    }
  }

  async #ask(method, path, body) {
    const headers = { Authorization: `Bearer ${this.#token()}` };
    const response = await fetch(PATH + path, { method, headers, body, cache: "no-store" });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail ?? `The server answers with ${response.status}.`);
    return answer;
  }
}
