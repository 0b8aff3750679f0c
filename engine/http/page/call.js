// One call: its facts, when each step of it was taken, and its ladder of SIP messages.

import { kindOf, make, shape, wordOf } from "./draw.js";

const STEPS = {
  received: "request received", admitted: "slots taken", invite: "INVITE sent",
  trying: "100 received", ringing: "ringing", answered: "answered", ack: "ACK sent",
  cancel: "CANCEL sent", bye: "BYE", ended: "ended",
};
const LADDER = { narrowest: 300, left: 92, right: 14, top: 34, step: 34 }; // pixels

const element = (id) => document.getElementById(id);

/** Seconds since 1970 of an ISO 8601 time, with its microseconds. */
function seconds(iso) {
  const [, whole, part] = iso.match(/^(.*?)(\.\d+)?(?:\+00:00|Z)$/);
  return Date.parse(`${whole}Z`) / 1000 + Number(part ?? 0);
}

/** A time between two moments, as short as it can be read. */
function span(from, to) {
  const ms = Math.max(0, (to - from) * 1000);
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  return ms < 10000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The dialog that shows a call. */
export class CallDialog {
  #token;
  #shown = null;

  /** `token` returns the admin token. */
  constructor(token) {
    this.#token = token;
    element("call-close").addEventListener("click", () => element("call").close());
    element("call").addEventListener("close", () => { this.#shown = null; });
  }

  /** Show a call of the list. */
  open(call) {
    this.#shown = call;
    element("call").showModal();
    element("call-title").textContent = call.to ?? "Call";
    for (const part of ["facts", "timeline", "ladder", "trouble"]) {
      element(`call-${part}`).replaceChildren();
    }
    return this.#load(call);
  }

  /** Show the call again if it is among those that have changed. */
  changed(calls) {
    if (calls.some((call) => call.id === this.#shown?.id)) this.#load(this.#shown);
  }

  async #load(call) {
    const { view, trouble } = await this.#ask(call);
    if (this.#shown !== call) return;
    element("call-trouble").textContent = trouble ?? "";
    if (!view) return;
    element("call-title").textContent = view.to ?? "Call";
    drawFacts(view);
    drawTimeline(element("call-timeline"), view.times, view.attempts);
    drawLadder(element("call-ladder"), view.ladder ?? []);
  }

  async #ask(call) {
    const headers = { Authorization: `Bearer ${this.#token()}` };
    const url = `api/v1/bvr/calls/${encodeURIComponent(call.applicationUUID)}`;
    try {
      const response = await fetch(url, { headers, cache: "no-store" });
      const body = await response.json();
      if (!response.ok) return { trouble: body.detail ?? "It cannot be shown." };
      // A call that an application has placed is found in the application.
      const view = [body, ...(body.calls ?? [])].find((known) => known.callIndexFull === call.id);
      return view ? { view } : { trouble: "The call is not there any more." };
    } catch (error) {
      return { trouble: `It cannot be shown: ${error.message}` };
    }
  }
}

function drawFacts(view) {
  const { status, reason, origin } = view.sip ?? {};
  const application = view.applicationEnd;
  const cause = view.hangupCause;
  const outcome = { ...view, applicationEnd: application?.how };
  const facts = [
    ["Outcome", wordOf(outcome) ?? view.state, kindOf(outcome)],
    ["Result", view.result],
    ["Client was told", view.clientResult !== view.result && view.clientResult],
    ["Refused by", view.refusedBy],
    ["SIP", status && `${status} ${reason ?? ""}${origin ? `, ${origin}` : ""}`],
    ["Hung up by", view.hangupBy],
    ["End requested by", view.endRequestedBy],
    ["Cause", cause && `${cause.number} ${cause.text ?? ""}`],
    ["Termination", view.terminationReason],
    ["Application ended", application && [application.how, application.reason]
      .filter(Boolean).join(": "), application?.how === "error" && "trouble"],
    ["Stream", view.stream && describeStream(view.stream),
      ["lost", "unreachable", "invalid"].includes(view.stream?.endedBy) && "trouble"],
    ["Detail", view.detail],
    ["Application", view.applicationId],
    ["Node", view.node],
    ["Proxy", view.proxy],
    ["From", view.from],
    ["Call-ID", view.callId],
    ["UUID", view.applicationUUID],
    ...attemptFacts(view.attempts ?? []),
  ].filter(([, text]) => text);
  element("call-facts").replaceChildren(...facts.flatMap(([name, text, className]) =>
    [make("dt", { text: name }), make("dd", { text, className })]));
}

/** The audio stream of a call: where to, what went over it, and how it ended. */
function describeStream(stream) {
  const { host, framesToServer, framesFromServer, framesDropped, reconnects, endedBy } = stream;
  const played = (frames) => `${(frames / 50).toFixed(1)} s`; // a frame is 20 ms
  return [
    host,
    `${played(framesToServer)} sent, ${played(framesFromServer)} received`,
    framesDropped && `${played(framesDropped)} dropped`,
    reconnects && `${reconnects} times opened again`,
    endedBy ? `ended: ${endedBy}` : "open",
    stream.reason,
  ].filter(Boolean).join(", ");
}

/** What has become of each INVITE of a call that had several. */
function attemptFacts(attempts) {
  if (attempts.length < 2) return [];
  return attempts.map((attempt, index) => {
    const { proxy, address, status, reason, origin, setup, answer } = attempt;
    const text = [
      proxy ? `${proxy}, ${address}` : address,
      status && `${status} ${reason ?? ""}${origin ? `, ${origin}` : ""}`,
      setup !== undefined && `ringing after ${span(0, setup / 1000)}`,
      answer !== undefined && `answered after ${span(0, answer / 1000)}`,
    ].filter(Boolean).join("; ");
    return [`Attempt ${index + 1}`, text];
  });
}

/** The steps of a call in their order: of one with several INVITEs, each with its end. */
function stepsOf(times, attempts) {
  const isSeveral = attempts.length > 1;
  const steps = Object.entries(times)
    .filter(([name]) => !(isSeveral && name === "invite"))
    .map(([name, iso]) => ({ name, text: STEPS[name] ?? name, at: seconds(iso) }));
  if (isSeveral) {
    attempts.forEach(({ invite, ended, status, origin }, index) => {
      const of = `INVITE ${index + 1}`;
      if (invite) steps.push({ name: "invite", text: `${of} sent`, at: seconds(invite) });
      if (ended && index < attempts.length - 1) {
        const end = origin === "remote" ? status : origin;
        steps.push({ name: "failed", text: `${of}: ${end}`, at: seconds(ended) });
      }
    });
  }
  return steps.sort((a, b) => a.at - b.at);
}

/** Each step, with the time since the one before as a part of the whole. */
export function drawTimeline(list, times, attempts = []) {
  const steps = stepsOf(times, attempts);
  const start = steps[0].at;
  const whole = Math.max(steps.at(-1).at - start, 1e-6);
  list.replaceChildren(...steps.map(({ name, text, at }, index) => {
    const before = steps[Math.max(0, index - 1)].at;
    const gap = make("span", { className: `gap ${name}` });
    gap.style.left = `${(100 * (before - start)) / whole}%`;
    gap.style.width = `${(100 * (at - before)) / whole}%`;
    return make("li", {},
      make("span", { text, className: "step" }),
      make("span", { className: "track" }, gap),
      make("span", { text: span(start, at), className: "at" }),
      make("span", { text: index ? `+${span(before, at)}` : "", className: "more" }));
  }));
}

const kindOfMessage = (message) => {
  const status = Number(message.slice(0, 3));
  if (!status) return "request";
  return status < 200 ? "provisional" : status < 300 ? "good" : "failed";
};

/** The messages between us and each far end, as arrows from top to bottom. */
export function drawLadder(place, messages) {
  if (!messages.length) {
    place.replaceChildren(make("p", { text: "No ladder kept.", className: "note" }));
    return;
  }
  const { narrowest, left, right, top, step } = LADDER;
  const width = Math.max(narrowest, place.clientWidth);
  const peers = [...new Set(messages.map((message) => message.peer))];
  const height = top + step * messages.length + 16;
  const x = (peer) => left + ((width - left - right) * (peers.indexOf(peer) + 1)) / peers.length;
  const svg = shape("svg", { width, height, role: "img" });
  for (const [name, at] of [["outring", left], ...peers.map((peer) => [peer, x(peer)])]) {
    const isLast = at === width - right;
    svg.append(
      shape("text", { x: isLast ? width : at, y: 16, class: isLast ? "party last" : "party" }, name),
      shape("path", { d: `M${at} 24V${height}`, class: "life" }));
  }
  const start = seconds(messages[0].at);
  messages.forEach((message, index) => {
    const y = top + step * (index + 1) - 6;
    const far = x(message.peer);
    const [from, to] = message.direction === "sent" ? [left, far] : [far, left];
    const back = to > from ? -8 : 8;
    const group = shape("g", { class: kindOfMessage(message.message) });
    group.append(
      shape("text", { x: left - 12, y: y + 4, class: "at" }, `+${span(start, seconds(message.at))}`),
      shape("text", { x: (left + far) / 2, y: y - 6, class: "message" }, message.message),
      shape("path", { d: `M${from} ${y}H${to}` }),
      shape("path", { d: `M${to} ${y}l${back} -4v8Z`, class: "head" }));
    group.append(shape("title", {}, `${message.cseq}\n${message.callId}\n${message.at}`));
    svg.append(group);
  });
  place.replaceChildren(svg);
}
