import assert from "node:assert/strict";
import { test } from "node:test";

import { USUAL_RETRIES, choosePauseS, readRetryAfterS } from "../src/retries.js";

const FULL = { ...USUAL_RETRIES, draw: () => 0 };
const HALF = { ...USUAL_RETRIES, draw: () => 1 };
const LOST = { error: new TypeError("fetch failed") };
const answer = (status: number, headers: Record<string, string> = {}) => ({
  response: new Response(null, { status, headers }),
});

for (const [what, received, expected] of [
  ["no answer", LOST, 0.5],
  ["429", answer(429), 0.5],
  ["502", answer(502), 0.5],
  ["503", answer(503), 0.5],
  ["504", answer(504), 0.5],
  ["503 with a time", answer(503, { "Retry-After": "2" }), 2],
  ["503 with a date", answer(503, { "Retry-After": "soon" }), 0.5],
  ["503 for long", answer(503, { "Retry-After": "31" }), undefined],
  ["200", answer(200), undefined],
  ["403 with a time", answer(403, { "Retry-After": "2" }), undefined],
  ["408", answer(408), undefined],
  ["500", answer(500), undefined],
] as const) {
  test(`the pause after ${what}`, () => {
    assert.equal(choosePauseS(FULL, 1, received), expected);
  });
}

test("pauses double up to the longest", () => {
  const retries = { ...FULL, attempts: 9 };

  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => choosePauseS(retries, attempt, LOST)),
    [0.5, 1, 2, 4, 8, 16, 30, 30],
  );
});

test("the last attempt has no pause", () => {
  assert.notEqual(choosePauseS(FULL, 3, LOST), undefined);
  assert.equal(choosePauseS(FULL, 4, LOST), undefined);
});

test("jitter never comes before what was told", () => {
  const told = answer(503, { "Retry-After": "4" });

  assert.equal(choosePauseS(FULL, 1, told), 4);
  assert.equal(choosePauseS(HALF, 1, told), 5);
  assert.equal(choosePauseS(HALF, 1, LOST), 0.25);
});

test("no Retry-After", () => {
  assert.equal(readRetryAfterS(new Response()), undefined);
});
