/**
 * What the client throws.
 *
 *     OutringError
 *      ├─ RefusedError            outring has answered, and did not do it
 *      │   ├─ InvalidRequestError the request has to change first
 *      │   ├─ LimitError          as many calls as are allowed are in use
 *      │   ├─ NumberDeniedError   a rule denies the number
 *      │   └─ PlatformError       the platform could not do it
 *      ├─ CallNotFoundError       no call of this application has the UUID
 *      ├─ UnreachableError        no answer came
 *      ├─ UnexpectedAnswerError   what came is no answer of outring's API
 *      ├─ WaitExpiredError        the call lives longer than the wait for it
 *      └─ WebhookError            a webhook was not sent by outring, or long ago
 *
 * A call that was placed and failed is no error: it has an `Outcome`.
 */

import type { AnswerBody, Result } from "./types.js";

/** Anything that this client throws. */
export class OutringError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** The request was refused, and nobody was rung, but as `PlatformError` says. */
export class RefusedError extends OutringError {
  /** What outring has answered. */
  readonly answer: AnswerBody;
  readonly result: Result;
  /** The HTTP status. */
  readonly status: number;
  /** Seconds after which it is worth asking again, where outring has told them. */
  readonly retryAfterS: number | undefined;

  constructor(answer: AnswerBody, status: number, retryAfterS?: number) {
    super(answer.detail ? `${answer.result}: ${answer.detail}` : answer.result);
    this.answer = answer;
    this.result = answer.result;
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

/** The same request will be refused again: it, or its API key, has to change. */
export class InvalidRequestError extends RefusedError {}

/** Licence, account, application or nodes carry as many calls as they may. */
export class LimitError extends RefusedError {}

/** A rule of the platform denies the number. */
export class NumberDeniedError extends RefusedError {}

/**
 * The platform could not do it: its settings are wrong, or it is not running well.
 *
 * After `Internal Error` somebody may have been rung: look the call up by
 * `answer.applicationUUID` before another one is placed.
 */
export class PlatformError extends RefusedError {}

/** No call or application of this API key's application has this UUID. */
export class CallNotFoundError extends OutringError {}

/**
 * No answer came, however often it was asked for.
 *
 * The call may have been placed. Whoever asks again with `idempotencyKey` gets its answer,
 * and does not place a second one. `cause` is the last error of the connection.
 */
export class UnreachableError extends OutringError {
  readonly idempotencyKey: string | undefined;

  constructor(cause: unknown, idempotencyKey: string | undefined) {
    super("No answer came.", { cause });
    this.idempotencyKey = idempotencyKey;
  }
}

/**
 * The answer is none of those that the API describes: of a proxy, or of a newer outring.
 *
 * The call may have been placed; `idempotencyKey` is that of its request.
 */
export class UnexpectedAnswerError extends OutringError {
  /** The HTTP status; undefined if the answer claims success and is no JSON. */
  readonly status: number | undefined;
  readonly idempotencyKey: string | undefined;

  constructor(status: number | undefined, idempotencyKey: string | undefined) {
    super(`An answer with status ${status ?? "of success"} is not understood.`);
    this.status = status;
    this.idempotencyKey = idempotencyKey;
  }
}

/** The call `applicationUUID` lives on: look it up later, and do not dial again. */
export class WaitExpiredError extends OutringError {
  readonly applicationUUID: string;

  constructor(applicationUUID: string) {
    super(`Call ${applicationUUID} is still under way.`);
    this.applicationUUID = applicationUUID;
  }
}

/** The signature does not fit, or the webhook is older or newer than five minutes. */
export class WebhookError extends OutringError {}

const CLASSES: Partial<Record<Result, typeof RefusedError>> = {
  "License limit": LimitError,
  "Account call limit": LimitError,
  "Application call limit": LimitError,
  "BVR call limit": LimitError,
  "Number denied": NumberDeniedError,
};

/** Makes the error for `answer`, which came with the HTTP `status`. */
export function makeRefusal(
  answer: AnswerBody,
  status: number,
  retryAfterS: number | undefined,
): RefusedError {
  const usual = status === 400 || status === 409 ? InvalidRequestError : PlatformError;
  return new (CLASSES[answer.result] ?? usual)(answer, status, retryAfterS);
}
