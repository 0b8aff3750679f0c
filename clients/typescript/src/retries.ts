/** When a request is sent again. Pure. */

const RETRYABLE = new Set([429, 502, 503, 504]);

/** What came of a request: the answer, or the error that came in its place. */
export type Received = { response: Response } | { error: unknown };

/**
 * How often a request is sent, and how long the pauses in between are.
 *
 * A pause is what `Retry-After` says and up to a quarter more, so that not all clients come
 * back at once. Without it, pauses begin at `firstPauseS` and double, of which a random half
 * is taken off. A pause that would be longer than `maxPauseS` is not waited for: the answer
 * counts as it is.
 */
export interface Retries {
  /** How often it is sent, the first time included. */
  attempts: number;
  firstPauseS: number;
  maxPauseS: number;
  /** Draws a number of at least 0 and below 1. */
  draw: () => number;
}

export const USUAL_RETRIES: Retries = {
  attempts: 4,
  firstPauseS: 0.5,
  maxPauseS: 30,
  draw: Math.random,
};

/** Returns the seconds until the request is sent again after `attempt`, from 1 on; or undefined. */
export function choosePauseS(
  retries: Retries,
  attempt: number,
  received: Received,
): number | undefined {
  if (attempt >= retries.attempts) return undefined;
  if ("response" in received) {
    if (!RETRYABLE.has(received.response.status)) return undefined;
    const told = readRetryAfterS(received.response);
    if (told !== undefined) {
      return told <= retries.maxPauseS ? told * (1 + retries.draw() / 4) : undefined;
    }
  }
  const backoff = Math.min(retries.firstPauseS * 2 ** (attempt - 1), retries.maxPauseS);
  return backoff * (1 - retries.draw() / 2);
}

/** Returns the seconds that `Retry-After` tells (RFC 9110 §10.2.3); outring tells no dates. */
export function readRetryAfterS(response: Response): number | undefined {
  const text = response.headers.get("Retry-After") ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
