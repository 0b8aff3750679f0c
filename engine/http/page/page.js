// The live page: asks for the token, follows the stream, and says when it does not.

import { CallDialog } from "./call.js";
import { Campaigns } from "./campaigns.js";
import { Picture, clock } from "./draw.js";
import { drawTrunks } from "./trunks.js";

const STREAM = "api/v1/admin/live";
const KEPT_TOKEN = "outring admin token";
const SILENCE_MS = 5000; // a state comes every second
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15000;

const element = (id) => document.getElementById(id);
const dialog = new CallDialog(() => sessionStorage.getItem(KEPT_TOKEN));
const campaigns = new Campaigns(() => sessionStorage.getItem(KEPT_TOKEN));
const picture = new Picture((call) => dialog.open(call));

/** Why there is no stream: the token is not right, or nobody has set one. */
class NotAdmitted extends Error {}

/** The events of a response, as name and data. */
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const [, name, data] = event.match(/^event: (.*)\ndata: (.*)$/);
      yield [name, JSON.parse(data)];
    }
  }
}

/** What went wrong, as the answer says it. */
async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return body.detail ?? `The server answers with ${response.status}.`;
}

/** Follow the stream to its end; `heard` is told of each state. */
async function follow(token, heard) {
  const giveUp = new AbortController();
  let silence = 0;
  const wait = () => {
    clearTimeout(silence);
    silence = setTimeout(() => giveUp.abort(), SILENCE_MS);
  };
  wait();
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(STREAM, { headers, signal: giveUp.signal, cache: "no-store" });
    if ([401, 403].includes(response.status)) throw new NotAdmitted(await problemOf(response));
    if (!response.ok) throw new Error(await problemOf(response));
    for await (const [name, data] of eventsOf(response)) {
      wait();
      if (name === "history") picture.history(data);
      if (name === "calls") dialog.changed(picture.calls(data));
      if (name === "state") {
        picture.state(data);
        drawTrunks(data.proxies);
        campaigns.refresh();
        heard();
      }
    }
  } finally {
    clearTimeout(silence);
    giveUp.abort();
  }
}

/** Follow for ever, and connect again whenever the stream ends; throws NotAdmitted. */
async function stay(token) {
  let since = null; // when something was heard last
  let pause = FIRST_PAUSE_MS;
  const heard = () => {
    since = new Date();
    pause = FIRST_PAUSE_MS;
    showLive();
  };
  for (;;) {
    let why = "the server has ended the stream";
    try {
      await follow(token, heard);
    } catch (error) {
      if (error instanceof NotAdmitted) throw error;
      why = error.name === "AbortError" ? "nothing comes" : error.message;
    }
    showStale(since, why);
    await new Promise((resume) => setTimeout(resume, pause));
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
}

function showLive() {
  element("door").hidden = true;
  element("live").hidden = false;
  document.body.classList.remove("stale");
  element("link").textContent = "live";
  element("link").removeAttribute("title");
}

function showStale(since, why) {
  element("door").hidden = true;
  element("live").hidden = false;
  document.body.classList.add("stale");
  element("link").textContent = since ? `stale since ${clock(since)}` : `not connected: ${why}`;
  element("link").title = why;
  document.title = "not connected · outring";
}

function showDoor(refusal) {
  document.title = "outring";
  element("live").hidden = true;
  element("door").hidden = false;
  element("refusal").textContent = refusal;
  element("token").value = "";
  element("token").focus();
}

async function enter(token) {
  sessionStorage.setItem(KEPT_TOKEN, token);
  try {
    await stay(token);
  } catch (error) {
    sessionStorage.removeItem(KEPT_TOKEN);
    showDoor(error.message);
  }
}

element("door").addEventListener("submit", (event) => {
  event.preventDefault();
  element("refusal").textContent = "";
  enter(element("token").value.trim());
});
element("leave").addEventListener("click", () => {
  sessionStorage.removeItem(KEPT_TOKEN);
  location.reload();
});

const kept = sessionStorage.getItem(KEPT_TOKEN);
if (kept) enter(kept);
else showDoor("");
