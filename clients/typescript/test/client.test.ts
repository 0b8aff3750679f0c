import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CallNotFoundError,
  InvalidRequestError,
  LimitError,
  NumberDeniedError,
  PlatformError,
  RefusedError,
  UnexpectedAnswerError,
  UnreachableError,
  WaitExpiredError,
} from "../src/index.js";
import {
  BEGIN,
  TO,
  UUID,
  answer,
  client,
  event,
  json,
  noStream,
  record,
  stream,
} from "./answers.js";

const LOST = new TypeError("fetch failed");
const connected = () =>
  answer(200, "Call connected", {
    disposition: "answered",
    sip: { status: 200, reason: "OK", origin: "remote" },
    headers: { To: "<sip:alice@192.0.2.10>;tag=1" },
  });

test("a call that is answered", async () => {
  const { outring, seen } = client([connected()]);
  const outcome = await outring.call(TO);

  assert.equal(outcome.isAnswered, true);
  assert.deepEqual([outcome.result, outcome.sipStatus], ["Call connected", 200]);
  assert.deepEqual(outcome.headers, { To: "<sip:alice@192.0.2.10>;tag=1" });
  assert.equal(outcome.applicationUUID, UUID);
  assert.equal(outcome.idempotencyKey, seen[0]?.key);
  assert.deepEqual(seen[0]?.body, { action: "makeCall", to: TO, timeout: 30_000 });
});

test("a call that has failed has an outcome", async () => {
  const sip = { status: 486, reason: "Busy Here", origin: "remote" };
  const { outring } = client([answer(404, "Call failed", { disposition: "busy", sip })]);
  const outcome = await outring.call(TO);

  assert.deepEqual([outcome.disposition, outcome.sipStatus], ["busy", 486]);
  assert.equal(outcome.isAnswered, false);
});

test("all options are sent", async () => {
  const { outring, seen } = client([connected()]);
  const fields = {
    callerId: "4711",
    appData: { name: "Ada" },
    headers: { "X-Campaign": "spring" },
    hints: { ring_timeout: 20_000 },
  };
  await outring.call(TO, { ...fields, timeoutS: 5.5, waitS: 1, idempotencyKey: "order-7" });

  assert.equal(seen[0]?.key, "order-7");
  assert.deepEqual(seen[0]?.body, { action: "makeCall", to: TO, ...fields, timeout: 5500 });
});

test("an application is started", async () => {
  const { outring, seen } = client([answer(200, "Application started")]);
  const outcome = await outring.startApplication();

  assert.equal(outcome.disposition, undefined);
  assert.deepEqual(seen[0]?.body, { action: "startApplication", timeout: 30_000 });
});

test("each call has a key of its own", async () => {
  const { outring, seen } = client([connected(), connected()]);
  await outring.call(TO);
  await outring.call(TO);

  assert.notEqual(seen[0]?.key, seen[1]?.key);
});

test("a call is asked for again with the same key", async () => {
  const busy = json(503, {}, { "Retry-After": "2" });
  const { outring, seen, pauses } = client([LOST, busy, connected()]);
  await outring.call(TO);

  assert.deepEqual(pauses, [0.5, 2]);
  assert.equal(seen.length, 3);
  assert.deepEqual(seen[0], seen[1]);
  assert.deepEqual(seen[0], seen[2]);
});

test("no answer at all", async () => {
  const { outring, seen } = client([LOST, LOST, LOST, LOST]);

  await assert.rejects(outring.call(TO, { idempotencyKey: "order-7" }), (error) => {
    assert(error instanceof UnreachableError);
    assert.deepEqual([error.name, error.idempotencyKey], ["UnreachableError", "order-7"]);
    assert.equal(error.cause, LOST);
    return true;
  });
  assert.equal(seen.length, 4);
});

for (const [what, received] of [
  ["a gateway's page", new Response("<html>", { status: 502 })],
  ["a page in place of JSON", new Response("<html>", { status: 200 })],
  ["no body", new Response(null, { status: 200 })],
  ["another status", json(418, {})],
] as const) {
  test(`an answer that is none: ${what}`, async () => {
    const { outring } = client([received], 1);

    await assert.rejects(outring.call(TO, { idempotencyKey: "order-7" }), (error) => {
      assert(error instanceof UnexpectedAnswerError);
      assert.equal(error.idempotencyKey, "order-7");
      return true;
    });
  });
}

for (const [status, result, kind] of [
  [400, "Invalid request", InvalidRequestError],
  [409, "Invalid request", InvalidRequestError],
  [403, "License limit", LimitError],
  [403, "Account call limit", LimitError],
  [403, "Application call limit", LimitError],
  [403, "BVR call limit", LimitError],
  [403, "Number denied", NumberDeniedError],
  [404, "Invalid URI", PlatformError],
  [408, "Application timeout", PlatformError],
  [500, "Internal Error", PlatformError],
] as const) {
  test(`a refusal: ${status} ${result}`, async () => {
    const { outring } = client([answer(status, result)]);

    await assert.rejects(outring.call(TO), (error) => {
      assert(error instanceof RefusedError);
      assert.equal(error.constructor, kind);
      assert.deepEqual([error.result, error.status], [result, status]);
      return true;
    });
  });
}

test("a limit says when to come again", async () => {
  const body = { result: "Account call limit", detail: "Full." };
  const { outring } = client([json(403, body, { "Retry-After": "7" })]);

  await assert.rejects(outring.call(TO), {
    name: "LimitError",
    message: "Account call limit: Full.",
    retryAfterS: 7,
  });
});

test("after Request timeout its events are followed", async () => {
  const { outring, pauses } = client([
    answer(408, "Request timeout"),
    stream([BEGIN, event(1, "call.queued") + event(2, "call.sent"), event(3, "call.answered")]),
    record("ringing"),
    record("connected", { result: "Call connected", disposition: "answered" }),
  ]);

  assert.equal((await outring.call(TO)).isAnswered, true);
  assert.deepEqual(pauses, []);
});

test("a stream that is cut goes on behind its last event", async () => {
  const { outring, seen, pauses } = client([
    stream([BEGIN + event(1, "call.queued") + event(2, "call.sent").slice(0, -5)], true),
    record("dialing"),
    record("dialing"),
    LOST,
    record("dialing"),
    stream([event(3, "call.ended")]),
    record("ended"),
  ]);

  assert.equal((await outring.waitUntilEnded(UUID)).state, "ended");
  const streams = seen.filter(({ path }) => path.endsWith("/events"));
  assert.deepEqual(
    streams.map(({ lastId }) => lastId),
    [null, "10", "10"],
  );
  assert.deepEqual(pauses, [0.5, 0.75]);
});

test("where there is no stream yet it is asked for again", async () => {
  const missing = () => json(404, { detail: "There is no such call." });
  const { outring } = client([
    answer(408, "Request timeout"),
    missing(),
    missing(),
    stream([event(1, "application.started")]),
    record("running", { result: "Application started" }),
  ]);

  assert.equal((await outring.startApplication()).result, "Application started");
});

test("where a proxy holds the stream back the call is looked up", async () => {
  const { outring, seen } = client([
    answer(408, "Request timeout"),
    stream([], true),
    record("ringing"),
    record("connected", { result: "Call connected", disposition: "answered" }),
  ]);

  assert.equal((await outring.call(TO)).isAnswered, true);
  assert.equal(seen.filter(({ path }) => path.endsWith("/events")).length, 1);
});

test("all events are told once", async () => {
  const { outring, seen } = client([
    stream([BEGIN + event(1, "call.queued"), event(2, "call.sent")], true),
    LOST,
    stream([BEGIN, "event: gap\ndata: {}\n\n", event(3, "call.ended")]),
    new Response(null, { status: 204 }),
  ]);
  const told: number[] = [];
  for await (const { seq } of outring.events(UUID)) told.push(seq);

  assert.deepEqual(told, [1, 2, 3]);
  assert.deepEqual(
    seen.map(({ lastId }) => lastId),
    [null, "20", "20", "30"],
  );
});

test("a call whose events cannot be told", async () => {
  const missing = client([json(404, { detail: "There is no such call." })]);
  await assert.rejects(missing.outring.events(UUID).next(), CallNotFoundError);
  const full = client([noStream(), noStream(), noStream(), noStream()]);
  await assert.rejects(full.outring.events(UUID).next(), UnexpectedAnswerError);
});

test("after Request timeout the call is looked up", async () => {
  const { outring, seen, pauses } = client([
    answer(408, "Request timeout"),
    noStream(),
    record("ringing"),
    answer(408, "Request timeout"), // a node has not reported
    record("connected", { result: "Call connected", disposition: "answered" }),
  ]);
  const outcome = await outring.call(TO);

  assert.equal(outcome.isAnswered, true);
  assert.deepEqual(pauses, [0.5, 0.75]);
  assert.deepEqual(
    seen.map(({ method, path }) => `${method} ${path}`),
    [
      "POST /api/v1/bvr/outbound",
      `GET /api/v1/bvr/calls/${UUID}/events`,
      ...Array(3).fill(`GET /api/v1/bvr/calls/${UUID}`),
    ],
  );
});

test("an application that begins after the answer", async () => {
  const { outring } = client([
    answer(408, "Request timeout"),
    noStream(),
    json(404, { detail: "There is no such call." }),
    record("running", { result: "Application started" }),
  ]);

  assert.equal((await outring.startApplication()).result, "Application started");
});

test("nobody waits for the end of what is not there", async () => {
  const { outring } = client([
    noStream(),
    json(404, { detail: "There is no such call." }),
  ]);

  await assert.rejects(outring.waitUntilEnded(UUID), CallNotFoundError);
});

test("a time-out of a request that was never read is no call", async () => {
  const { outring } = client([json(408, { result: "Request timeout", detail: "Slow." })]);

  await assert.rejects(outring.call(TO), PlatformError);
});

test("a wait that expires", async () => {
  const ringing = Array.from({ length: 3 }, () => record("ringing"));
  const { outring } = client([answer(408, "Request timeout"), noStream(), ...ringing]);

  await assert.rejects(outring.call(TO, { waitS: 1 }), (error) => {
    assert(error instanceof WaitExpiredError);
    assert.equal(error.applicationUUID, UUID);
    return true;
  });
});

test("polls become rarer", async () => {
  const ringing = Array.from({ length: 9 }, () => record("ringing"));
  const { outring, pauses } = client([noStream(), ...ringing, record("ended")]);
  await outring.waitUntilEnded(UUID, 25);

  assert.deepEqual(pauses.slice(0, 3), [0.5, 0.75, 1.125]);
  assert.equal(Math.max(...pauses), 5);
});

test("another refusal ends the wait", async () => {
  const { outring } = client([noStream(), answer(500, "Internal Error")]);

  await assert.rejects(outring.waitUntilEnded(UUID), /Internal Error/);
});

test("a call that is not there", async () => {
  const { outring } = client([json(404, { detail: "There is no such call." })]);

  await assert.rejects(outring.show(UUID), CallNotFoundError);
});

test("hang up", async () => {
  const { outring, seen } = client([record("ending")]);

  assert.equal((await outring.hangUp(UUID)).state, "ending");
  assert.equal(seen[0]?.method, "DELETE");
});

test("the call of a key is found", async () => {
  const { outring, seen } = client([json(200, { calls: [{ applicationUUID: UUID }] })]);
  const calls = await outring.liveCalls("order-7");

  assert.deepEqual(
    calls.map((call) => call.applicationUUID),
    [UUID],
  );
  assert.equal(seen[0]?.path, "/api/v1/bvr/calls?idempotencyKey=order-7");
});
