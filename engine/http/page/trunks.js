// Draws the state of the trunks, which are the proxies of the platform.
import { clock, make } from "./draw.js";

const number = new Intl.NumberFormat("en");
const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10000 ? 1 : 0)} s`;

/** The moment of an ISO 8601 text: of today the time of day, else with the date. */
function moment(text) {
  const date = new Date(text);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clock(date) : `${date.toLocaleDateString("en-CA")} ${clock(date)}`;
}

/** Since when a proxy is in its state, why, and who wanted it. */
function reasonOf({ state, since, why, by }) {
  if (state === "up") return since ? `since ${moment(since)}` : "";
  return [since ? `since ${moment(since)}` : "", by ? `by ${by}` : "", why]
    .filter((part) => part).join(", ");
}

function rowOf(proxy) {
  const { answerSeizureRatio: ratio, postDialDelay: delay, errors: [error] } = proxy;
  const cells = [
    ["proxy", proxy.id],
    ["state", proxy.state],
    ["why", reasonOf(proxy)],
    ["much", number.format(proxy.calls) + (proxy.limit === null ? "" : ` / ${number.format(proxy.limit)}`)],
    ["much", number.format(proxy.attempts)],
    ["much", ratio === null ? "–" : `${Math.round(100 * ratio)} %`],
    ["much delay", delay.median === null ? "–" : `${seconds(delay.median)}, ${seconds(delay.p95)}`],
    ["error", error ? `${error.status} ${error.reason}, ${moment(error.at)}` : ""],
  ].map(([className, text]) => make("td", { text, className, title: text }));
  cells[1].classList.add(proxy.state);
  return make("tr", {}, ...cells);
}

/** Show these proxies; nothing at all if the platform has none. */
export function drawTrunks(proxies) {
  document.getElementById("trunks").hidden = !proxies.length;
  document.getElementById("trunk-list").replaceChildren(...proxies.map(rowOf));
}
