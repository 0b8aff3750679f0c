/** Verification of webhooks by the library of Standard Webhooks. */

import { Webhook } from "standardwebhooks";

import { WebhookError } from "./errors.js";

/**
 * Returns the event in `body`, once one of `secrets` proves that outring has sent it.
 *
 * `body` is that of the request, byte for byte; `headers` are `webhook-id`,
 * `webhook-timestamp` and `webhook-signature`, and whatever else there is, as Node or
 * `Headers` have them. Secrets begin with `whsec_`; give two while one is replaced by the
 * other. Throws WebhookError if none of them fits, a header is missing, or the time is off
 * by more than five minutes. The same event may come more than once: `webhook-id` tells it.
 */
export function verifyWebhook(
  body: string | Buffer,
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>,
  secrets: string | readonly string[],
): Record<string, unknown> {
  const given = headers instanceof Headers ? [...headers] : Object.entries(headers);
  const texts = Object.fromEntries(
    given.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
  let cause: unknown = new Error("There is no secret.");
  for (const secret of typeof secrets === "string" ? [secrets] : secrets) {
    try {
      return new Webhook(secret).verify(body, texts) as Record<string, unknown>;
    } catch (error) {
      cause = error;
    }
  }
  throw new WebhookError(cause instanceof Error ? cause.message : String(cause), { cause });
}
