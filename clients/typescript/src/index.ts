/**
 * Client of outring's HTTP API: places calls, waits for what becomes of them, verifies webhooks.
 */

export { type CallOptions, Outring, type OutringOptions } from "./client.js";
export {
  CallNotFoundError,
  InvalidRequestError,
  LimitError,
  NumberDeniedError,
  OutringError,
  PlatformError,
  RefusedError,
  UnexpectedAnswerError,
  UnreachableError,
  WaitExpiredError,
  WebhookError,
} from "./errors.js";
export type { Outcome } from "./outcome.js";
export type { Retries } from "./retries.js";
export type {
  AnswerBody,
  Disposition,
  EventView,
  Paths,
  RecordView,
  RequestBody,
  Result,
} from "./types.js";
export { verifyWebhook } from "./webhooks.js";
