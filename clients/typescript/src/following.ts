/** Following the events of one call or application. */

import { COMMENT, EventStreamParser, type StreamEvent } from "./eventStream.js";
import type { EventView } from "./types.js";

/**
 * After so many seconds without a sign of life, which should come at once and then every 15, a
 * stream counts as cut.
 */
const SILENCE_S = 20;
const GAP = "gap";
const DECISIVE = new Set([
  COMMENT, // the events may be late: they are written behind the call
  GAP,
  "call.answered",
  "call.progress",
  "call.ended",
  "request.refused",
  "application.started",
  "application.ended",
]);
const NO_CONTENT = 204;
const NOT_FOUND = 404;

/** What comes of asking for a stream. */
export interface StreamAnswer {
  response: Response;
  data?: ReadableStream<Uint8Array> | null;
  error?: unknown;
}

/** Asks for the stream behind the event `lastId`; "" stands for the beginning. */
export type AskForStream = (lastId: string, signal: AbortSignal) => Promise<StreamAnswer>;

interface Stream {
  reader: ReadableStreamDefaultReader<Uint8Array>;
  parser: EventStreamParser;
  controller: AbortController;
}

/** Reads a stream of events; goes on where it was cut off. */
export class Follower {
  readonly #ask: AskForStream;
  #lastId = "";
  #stream: Stream | undefined;
  #isMute = false;

  constructor(ask: AskForStream) {
    this.#ask = ask;
  }

  /** Whether there is a stream to read. */
  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  /** Whether nothing came of the last stream, as where a proxy collects all of it first. */
  get isMute(): boolean {
    return this.#isMute;
  }

  /** Asks for what has not been read yet. Throws what `fetch` throws, also after `limitS`. */
  async open(limitS = SILENCE_S): Promise<StreamAnswer> {
    this.close();
    const controller = new AbortController();
    const answer = await within(limitS, controller, this.#ask(this.#lastId, controller.signal));
    const kind = answer.response.headers.get("Content-Type") ?? "";
    if (answer.response.ok && answer.data && kind.startsWith("text/event-stream")) {
      const reader = answer.data.getReader();
      this.#stream = { reader, parser: new EventStreamParser(), controller };
      this.#isMute = true;
    }
    return answer;
  }

  /**
   * Waits for the next part of the stream. Nothing comes, and it is not open any more, once it
   * has ended, or was silent for `limitS` seconds.
   */
  async read(limitS = SILENCE_S): Promise<StreamEvent[]> {
    if (this.#stream === undefined) return [];
    const { reader, parser, controller } = this.#stream;
    try {
      const limit = Math.min(limitS, SILENCE_S);
      const { value, done } = await within(limit, controller, reader.read());
      if (!done) {
        this.#isMute = false;
        const events = parser.feed(value);
        this.#lastId = events.reduce((last, { id }) => id || last, this.#lastId);
        return events;
      }
    } catch {
      // Whatever has cut it, it is asked for again.
    }
    this.close();
    return [];
  }

  /** Ends the stream, if there is one. */
  close(): void {
    this.#stream?.controller.abort();
    this.#stream = undefined;
  }
}

/** Waits for news of a call by its events, as long as outring lets it. */
export class Waiter {
  readonly #follower: Follower;
  #isRefused = false;

  constructor(follower: Follower) {
    this.#follower = follower;
  }

  /**
   * Waits until the call may be in another state than before, for `limitS` seconds at most;
   * false: there is no stream to wait by.
   */
  async wait(limitS: number): Promise<boolean> {
    if (this.#isRefused || limitS <= 0) return false;
    if (!this.#follower.isOpen && !(await this.#open(limitS))) return false;
    while (this.#follower.isOpen) {
      const events = await this.#follower.read(limitS);
      if (events.some(({ type }) => DECISIVE.has(type))) return true;
    }
    this.#isRefused = this.#follower.isMute;
    return false;
  }

  async #open(limitS: number): Promise<boolean> {
    try {
      const { status } = (await this.#follower.open(limitS)).response;
      // It has nothing more to tell, or begins later: that may change.
      const mayChange = status === NO_CONTENT || status === NOT_FOUND;
      this.#isRefused = !this.#follower.isOpen && !mayChange;
    } catch {
      return false; // the look-up says why
    }
    return this.#follower.isOpen;
  }

  /** Waits no more. */
  close(): void {
    this.#follower.close();
  }
}

/** Returns what `event` tells; undefined for what is no event of a call. */
export function readEvent({ type, data }: StreamEvent): EventView | undefined {
  return type === COMMENT || type === GAP ? undefined : (JSON.parse(data) as EventView);
}

/** Returns what `work` gives; `controller` aborts it after `limitS` seconds. */
async function within<T>(limitS: number, controller: AbortController, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => controller.abort(), limitS * 1000);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
