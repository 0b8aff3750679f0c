/** Outring: the client. */

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import createClient, { type Client } from "openapi-fetch";

import {
  CallNotFoundError,
  OutringError,
  PlatformError,
  RefusedError,
  UnexpectedAnswerError,
  UnreachableError,
  WaitExpiredError,
  makeRefusal,
} from "./errors.js";
import { Follower, Waiter, readEvent } from "./following.js";
import { type Outcome, hasEnded, hasOutcome, makeOutcome } from "./outcome.js";
import { type Retries, USUAL_RETRIES, choosePauseS, readRetryAfterS } from "./retries.js";
import type { AnswerBody, EventView, Paths, RecordView, RequestBody } from "./types.js";

/** So much longer than outring waits for an outcome, the client waits for its answer. */
const ANSWER_MARGIN_S = 10;
const USUAL_TIMEOUT_S = 30;
const USUAL_WAIT_S = 600;
const FIRST_POLL_S = 0.5;
const POLL_GROWTH = 1.5;
const LAST_POLL_S = 5;
const FAILED = "Call failed";
const UNDER_WAY = "Request timeout";
const NO_CONTENT = 204;

/** Whom to ask, and how. */
export interface OutringOptions {
  /** The address of the API, as `http://127.0.0.1:9698`. */
  url: string;
  /** The API key of an application. */
  key: string;
  retries?: Partial<Retries>;
  /** What sends requests, if not the `fetch` of the platform. */
  fetch?: (request: Request) => Promise<Response>;
  /** What waits for so many seconds. */
  pause?: (seconds: number) => Promise<unknown>;
  /** What tells the time, in seconds since whenever. */
  now?: () => number;
}

/** What a request may say beyond whom to call; the API describes the first four. */
export interface CallOptions
  extends Pick<RequestBody, "callerId" | "appData" | "headers" | "hints"> {
  /** Seconds that outring waits for the outcome before it answers that the call goes on; 30. */
  timeoutS?: number;
  /** Seconds that the client follows the call from then on; 600. */
  waitS?: number;
  /** Made up if not given: give that of an earlier request to get its answer again. */
  idempotencyKey?: string;
}

/** An answer of openapi-fetch, of whatever operation. */
interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** An answer, and what it says if it is none of success. */
interface Answer<T> {
  response: Response;
  data?: T;
  problem?: unknown;
}

/**
 * An outring that is asked with the API key of an application.
 *
 * Every method throws RefusedError, UnreachableError or UnexpectedAnswerError if it gets
 * nothing from outring that it can return.
 */
export class Outring {
  /** Every operation of the API, typed, without retries. */
  readonly api: Client<Paths>;
  readonly #retries: Retries;
  readonly #pause: (seconds: number) => Promise<unknown>;
  readonly #now: () => number;

  constructor({ url, key, retries, fetch, pause, now }: OutringOptions) {
    this.api = createClient<Paths>({
      baseUrl: url,
      headers: { "X-API-Key": key },
      ...(fetch && { fetch }),
    });
    this.#retries = { ...USUAL_RETRIES, ...retries };
    this.#pause = pause ?? ((seconds) => sleep(seconds * 1000));
    this.#now = now ?? (() => performance.now() / 1000);
  }

  /**
   * Places a call, and returns what has become of it: whether it was answered, or why not.
   *
   * An answered call goes on. The request is sent again, always with the same
   * Idempotency-Key, where that is safe and worth it; so nobody is called twice. Throws
   * WaitExpiredError if it is not known after `waitS` what has become of the call.
   */
  call(to: string, options: CallOptions = {}): Promise<Outcome> {
    return this.#ask({ action: "makeCall", to }, options);
  }

  /** Starts the application's document, with `to` as data for it; else as `call`. */
  startApplication(to?: string, options: CallOptions = {}): Promise<Outcome> {
    return this.#ask({ action: "startApplication", ...(to !== undefined && { to }) }, options);
  }

  /** Returns all that is known of a call or application. Throws CallNotFoundError. */
  async show(applicationUUID: string): Promise<RecordView> {
    const path = { applicationUUID };
    return this.#exchange((signal) =>
      this.api.GET("/api/v1/bvr/calls/{applicationUUID}", { params: { path }, signal }),
    );
  }

  /** Asks for the end of a call or application; it ends a moment later. Throws CallNotFoundError. */
  async hangUp(applicationUUID: string): Promise<RecordView> {
    const path = { applicationUUID };
    return this.#exchange((signal) =>
      this.api.DELETE("/api/v1/bvr/calls/{applicationUUID}", { params: { path }, signal }),
    );
  }

  /** Returns the calls that live, the oldest first; only that of `idempotencyKey`, if given. */
  async liveCalls(idempotencyKey?: string): Promise<RecordView[]> {
    const query = idempotencyKey === undefined ? {} : { idempotencyKey };
    const listed = await this.#exchange((signal) =>
      this.api.GET("/api/v1/bvr/calls", { params: { query }, signal }),
    );
    return listed.calls;
  }

  /**
   * Waits until a call or application is over, and returns its record.
   *
   * Throws CallNotFoundError, and WaitExpiredError after `waitS` seconds.
   */
  waitUntilEnded(applicationUUID: string, waitS = USUAL_WAIT_S): Promise<RecordView> {
    return this.#waitFor(applicationUUID, hasEnded, waitS);
  }

  /**
   * Yields the events of a call or application as they happen, from the first on, each once,
   * until all its calls and applications have ended.
   *
   * A stream that is cut goes on where it was. Events that the platform does not keep any
   * more leave a hole in `seq`. Throws CallNotFoundError.
   */
  async *events(applicationUUID: string): AsyncGenerator<EventView, void, undefined> {
    const follower = this.#follow(applicationUUID);
    try {
      for (;;) {
        const received = await this.#sendUntilAnswered(() => follower.open());
        if (received.response.status === NO_CONTENT) return;
        if (!follower.isOpen) throw makeError(received, undefined);
        while (follower.isOpen) {
          for (const event of await follower.read()) {
            const view = readEvent(event);
            if (view !== undefined) yield view;
          }
        }
        await this.#pause(FIRST_POLL_S);
      }
    } finally {
      follower.close();
    }
  }

  #follow(applicationUUID: string): Follower {
    return new Follower((lastId, signal) =>
      this.api.GET("/api/v1/bvr/calls/{applicationUUID}/events", {
        params: {
          path: { applicationUUID },
          ...(lastId !== "" && { header: { "Last-Event-ID": lastId } }),
        },
        headers: { Accept: "text/event-stream" },
        parseAs: "stream",
        signal,
      }),
    );
  }

  async #ask(asked: RequestBody, options: CallOptions): Promise<Outcome> {
    const {
      timeoutS = USUAL_TIMEOUT_S,
      waitS = USUAL_WAIT_S,
      idempotencyKey = randomUUID(),
      ...fields
    } = options;
    const params = { header: { "Idempotency-Key": idempotencyKey } };
    const body = { ...asked, ...fields, timeout: timeoutS * 1000 };
    let source: AnswerBody | RecordView;
    try {
      source = await this.#exchange(
        (signal) => this.api.POST("/api/v1/bvr/outbound", { params, body, signal }),
        timeoutS + ANSWER_MARGIN_S,
        idempotencyKey,
      );
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      source = error.answer;
      if (source.result === UNDER_WAY && source.applicationUUID) {
        source = await this.#waitFor(source.applicationUUID, hasOutcome, waitS, true);
      } else if (source.result !== FAILED) {
        throw error;
      }
    }
    return makeOutcome(source, idempotencyKey);
  }

  /**
   * Follows the events of a call until `isAwaited` of its record; where outring refuses them
   * it is looked up, less and less often.
   *
   * Where it `mayComeLater` it need not be there yet: an application is known to look-ups
   * only once it has begun.
   */
  async #waitFor(
    applicationUUID: string,
    isAwaited: (record: RecordView) => boolean,
    waitS: number,
    mayComeLater = false,
  ): Promise<RecordView> {
    const deadline = this.#now() + waitS;
    const waiter = new Waiter(this.#follow(applicationUUID));
    let pollS = FIRST_POLL_S;
    try {
      for (let leftS = waitS; ; ) {
        const hasNews = await waiter.wait(leftS);
        const record = await this.#find(applicationUUID, mayComeLater);
        if (record !== undefined && isAwaited(record)) return record;
        leftS = deadline - this.#now();
        if (leftS <= 0) throw new WaitExpiredError(applicationUUID);
        if (hasNews) continue;
        await this.#pause(Math.min(pollS, leftS));
        pollS = Math.min(pollS * POLL_GROWTH, LAST_POLL_S);
        leftS = deadline - this.#now();
      }
    } finally {
      waiter.close();
    }
  }

  /** Looks a call up; undefined if its node has not reported, or it `mayBeMissing` and is. */
  async #find(applicationUUID: string, mayBeMissing: boolean): Promise<RecordView | undefined> {
    try {
      return await this.show(applicationUUID);
    } catch (error) {
      const isMissing = mayBeMissing && error instanceof CallNotFoundError;
      const isSilent = error instanceof PlatformError && error.result === UNDER_WAY;
      if (isMissing || isSilent) return undefined;
      throw error;
    }
  }

  /** Sends the same request until there is an answer, and returns that of success. */
  async #exchange<T>(
    send: (signal: AbortSignal) => Promise<Answered<T>>,
    timeoutS = USUAL_TIMEOUT_S,
    idempotencyKey?: string,
  ): Promise<T> {
    const received = await this.#sendUntilAnswered(
      () => send(AbortSignal.timeout(timeoutS * 1000)),
      idempotencyKey,
    );
    if (received.response.ok && isObject(received.data)) return received.data;
    throw makeError(received, idempotencyKey);
  }

  /** Sends the same request until there is an answer, which may tell that the server is busy. */
  async #sendUntilAnswered<T>(
    send: () => Promise<Answered<T>>,
    idempotencyKey?: string,
  ): Promise<Answer<T>> {
    for (let attempt = 1; ; attempt++) {
      const received = await receive(send, idempotencyKey);
      const pauseS = choosePauseS(this.#retries, attempt, received);
      if (pauseS !== undefined) {
        await this.#pause(pauseS);
      } else if ("error" in received) {
        throw new UnreachableError(received.error, idempotencyKey);
      } else {
        return received;
      }
    }
  }
}

/** Returns the answer to `send`, or the error that came in its place. */
async function receive<T>(
  send: () => Promise<Answered<T>>,
  idempotencyKey: string | undefined,
): Promise<Answer<T> | { error: unknown }> {
  try {
    const { response, data, error } = await send();
    return { response, problem: error, ...(data !== undefined && { data }) };
  } catch (error) {
    if (error instanceof SyntaxError) throw new UnexpectedAnswerError(undefined, idempotencyKey);
    return { error };
  }
}

function makeError(
  { response, problem }: { response: Response; problem?: unknown },
  idempotencyKey: string | undefined,
): OutringError {
  if (isObject(problem) && typeof problem.result === "string") {
    return makeRefusal(problem as AnswerBody, response.status, readRetryAfterS(response));
  }
  if (response.status === 404 && isObject(problem) && typeof problem.detail === "string") {
    return new CallNotFoundError(problem.detail);
  }
  return new UnexpectedAnswerError(response.status, idempotencyKey);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
