import assert from "node:assert/strict";
import { test } from "node:test";

import { Webhook } from "standardwebhooks";

import { WebhookError, verifyWebhook } from "../src/index.js";

const secretOf = (text: string) => `whsec_${Buffer.from(text).toString("base64")}`;
const SECRET = secretOf("a secret of the tests");
const OTHER = secretOf("another one");
const BODY = JSON.stringify({ type: "call.ended", seq: 7 });

/** The headers of a webhook that was sent `ageS` seconds ago. */
function sign(secret = SECRET, ageS = 0): Record<string, string> {
  const at = new Date(Date.now() - ageS * 1000);
  return {
    "webhook-id": "evt_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("evt_1", at, BODY),
  };
}

for (const [what, headers, secrets] of [
  ["with its secret", sign(), SECRET],
  ["with one of two secrets", sign(), [OTHER, SECRET]],
  ["with headers of fetch", new Headers(sign()), SECRET],
  ["with headers of Node", { ...sign(), accept: ["a", "b"] }, SECRET],
] as const) {
  test(`a webhook of outring, ${what}`, () => {
    assert.deepEqual(verifyWebhook(BODY, headers, secrets), { type: "call.ended", seq: 7 });
  });
}

for (const [what, body, headers, secrets] of [
  ["another body", `${BODY} `, sign(), SECRET],
  ["another secret", BODY, sign(OTHER), SECRET],
  ["an old one", BODY, sign(SECRET, 400), SECRET],
  ["one of tomorrow", BODY, sign(SECRET, -400), SECRET],
  ["no headers", BODY, {}, SECRET],
  ["no secret", BODY, sign(), []],
] as const) {
  test(`what is not of outring: ${what}`, () => {
    assert.throws(() => verifyWebhook(body, headers, secrets), WebhookError);
  });
}
