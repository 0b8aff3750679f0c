import assert from "node:assert/strict";
import { test } from "node:test";

import { COMMENT, EventStreamParser } from "../src/eventStream.js";

const STREAM = Buffer.from(
  ": events follow\n\n" +
    'id: 7\nevent: call.ended\ndata: {"to":"Ä\u2028"}\n\n' +
    "event:gap\ndata: 1\ndata:2\nretry: 3\nwhat\n\n" +
    "data: x\r\n\r\n" +
    "event: empty\n\n" +
    "id: 8\ndata: not complete\n",
);
const EVENTS = [
  { type: COMMENT, data: "", id: "" },
  { type: "call.ended", data: '{"to":"Ä\u2028"}', id: "7" },
  { type: "gap", data: "1\n2", id: "" },
  { type: "message", data: "x", id: "" },
];

for (const size of [1, 2, 7, STREAM.length]) {
  test(`a stream in parts of ${size} bytes`, () => {
    const parser = new EventStreamParser();
    const events = [];
    for (let at = 0; at < STREAM.length; at += size) {
      events.push(...parser.feed(STREAM.subarray(at, at + size)));
    }

    assert.deepEqual(events, EVENTS);
  });
}
