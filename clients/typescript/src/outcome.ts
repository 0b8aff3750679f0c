/** What has become of a request, from its answer or from the record of its call. Pure. */

import type { AnswerBody, Disposition, RecordView, Result } from "./types.js";

/** What has become of a request for a call or an application. */
export interface Outcome {
  result: Result;
  applicationUUID: string;
  /** In one word; undefined for an application that was started. */
  disposition: Disposition | undefined;
  /** Whether somebody, or something, has answered the call. */
  isAnswered: boolean;
  /** Of the final response, or what stands for it; undefined if there was no INVITE. */
  sipStatus: number | undefined;
  /** Those of the final response. */
  headers: Record<string, string>;
  idempotencyKey: string;
  /** Everything that was told: the answer, or the record where that was waited for. */
  source: AnswerBody | RecordView;
}

/** Makes the outcome of `source`. */
export function makeOutcome(source: AnswerBody | RecordView, idempotencyKey: string): Outcome {
  return {
    result: source.result as Result,
    applicationUUID: source.applicationUUID ?? "",
    disposition: source.disposition,
    isAnswered: source.disposition === "answered",
    sipStatus: source.sip?.status,
    headers: source.headers ?? {},
    idempotencyKey,
    source,
  };
}

/** Whether `record` tells what has become of the call: it was answered, refused, or has failed. */
export function hasOutcome(record: RecordView): boolean {
  return record.result !== undefined;
}

/** Whether the call or application of `record` is over. */
export function hasEnded(record: RecordView): boolean {
  return record.state === "ended";
}
