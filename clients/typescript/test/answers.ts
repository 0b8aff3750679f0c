/** A server without a network: answers as outring gives them, and a client that gets them. */

import { Outring } from "../src/index.js";

export const TO = "sip:alice@192.0.2.10";
export const UUID = "f3f155cd-1c82-4bb4-b070-9a3e02ee31fa";

/** A request as the server saw it. */
export interface Seen {
  method: string;
  path: string;
  key: string | null;
  body: unknown;
  /** The Last-Event-ID. */
  lastId: string | null;
}

/** An answer to an outbound request. */
export function answer(status: number, result: string, members: object = {}): Response {
  return json(status, { result, applicationUUID: UUID, ...members });
}

/** What a look-up shows. */
export function record(state: string, members: object = {}): Response {
  return json(200, { applicationUUID: UUID, state, waitRanOut: true, ...members });
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

/** The answer where there are too many streams. */
export function noStream(): Response {
  return json(503, { detail: "There are 2000 streams already." });
}

/** A stream of events in `parts`, which is cut behind them where it `isCut`. */
export function stream(parts: string[], isCut = false): Response {
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift();
      if (part !== undefined) controller.enqueue(new TextEncoder().encode(part));
      else if (isCut) controller.error(new TypeError("terminated"));
      else controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

export const BEGIN = ": events follow\n\n";

/** An event of a stream, which is the one at ten times its number in the log. */
export function event(seq: number, type: string): string {
  return `id: ${seq}0\nevent: ${type}\ndata: ${JSON.stringify({ type, seq })}\n\n`;
}

/** A client to which `received` come in turn; what it has sent, and how long it has waited. */
export function client(received: (Response | Error)[], attempts = 4) {
  const seen: Seen[] = [];
  const pauses: number[] = [];
  let now = 0;
  const outring = new Outring({
    url: "http://127.0.0.1:9698",
    key: "key-of-the-tests",
    retries: { attempts, draw: () => 0 },
    fetch: async (request) => {
      const text = await request.text();
      seen.push({
        method: request.method,
        path: new URL(request.url).pathname + new URL(request.url).search,
        key: request.headers.get("Idempotency-Key"),
        lastId: request.headers.get("Last-Event-ID"),
        body: text ? JSON.parse(text) : undefined,
      });
      const next = received.shift() ?? new Error("nothing more comes");
      if (next instanceof Error) throw next;
      return next;
    },
    pause: async (seconds) => {
      pauses.push(seconds);
      now += seconds;
    },
    now: () => now,
  });
  return { outring, seen, pauses };
}
