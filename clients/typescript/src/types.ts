/** The types of the API that the client takes and returns, out of the generated description. */

import type { components, paths } from "./generated/schema.js";

type Schemas = components["schemas"];

/** What the client of an outbound request is told. */
export type AnswerBody = Schemas["AnswerBody"];
/** What is known of one call, or of one request that was refused. */
export type RecordView = Schemas["RecordView"];
/** One event of a call, of an application, or of a request that was refused. */
export type EventView = Schemas["EventView"];
/** A request for a call, or for an application to start. */
export type RequestBody = Schemas["RequestBody"];
/** What has become of a call, in one word. */
export type Disposition = Schemas["Disposition"];
/** Every documented result of a request. */
export type Result = AnswerBody["result"];
/** Every path of the API that an application's key may use. */
export type Paths = paths;
