/** Server-sent events out of the parts of a stream (HTML Living Standard §9.2.6). Pure. */

/** Type of what stands for comments, by which a stream shows that it lives. */
export const COMMENT = ":";

/** An event of a stream; `id` is what to go on from behind it, empty if it has none. */
export interface StreamEvent {
  type: string;
  data: string;
  id: string;
}

const NONE: Readonly<StreamEvent> = { type: "", data: "", id: "" };

/** Makes events of the parts of one stream, however it is cut into parts. */
export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #event = { ...NONE };
  #data: string[] = [];

  /** Returns the events and comments that are complete with `part`. */
  feed(part: Uint8Array): StreamEvent[] {
    const lines = (this.#rest + this.#decoder.decode(part, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#take(line.replace(/\r$/, "")) ?? []);
  }

  #take(line: string): StreamEvent | undefined {
    if (line === "") return this.#complete();
    const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === "") return { ...NONE, type: COMMENT };
    if (name === "event") this.#event.type = value;
    else if (name === "id") this.#event.id = value;
    else if (name === "data") this.#data.push(value);
    return undefined;
  }

  #complete(): StreamEvent | undefined {
    const { type, id } = this.#event;
    const data = this.#data;
    this.#event = { ...NONE };
    this.#data = [];
    return data.length > 0 ? { type: type || "message", data: data.join("\n"), id } : undefined;
  }
}
