// A client of Falconer's event socket in one file: Node 18 or newer, no dependencies. Copy it.
//
//     import { Consumer, events, submit } from "./falconer.mjs";
//
//     // Every event from an id on. Reconnects by itself, and goes on where it was.
//     for await (const event of events("/run/falconer/events.sock", { after: "41", types: ["fal.request.*"] })) {
//       console.log(event.id, event.type, event.attributes.endpoint, event.data);
//     }
//
//     // A named consumer: the service keeps the place, and delivers again what was not acknowledged.
//     const consumer = new Consumer("/run/falconer/events.sock", "encoder", { from: "first" });
//     for await (const event of consumer) {
//       await encode(event.data);
//       await consumer.ack(event);
//     }
//
//     const reply = await submit("/run/falconer/events.sock", "xai/grok-imagine-video/text-to-video",
//                                { prompt: "a falcon" }, { tag: "demo" });
//
// The protocol is described in SocketProtocol.md. As a command, it prints events as JSON lines:
//
//     node falconer.mjs /run/falconer/events.sock '{"from":"first","until":"now"}'

import net from "node:net";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LINE_BYTES_MAX = 32 << 20;
const SILENCE_MS = 45_000; // The service says something at least every 15 s.
const PAUSE_MS = [100, 10_000]; // Between two attempts to connect: the first, and the longest.

// Codes after which another attempt may succeed; with any other, asking again would only be told the same.
const PASSING = new Set([
  "too_many_connections", "too_many_connections_of_user", "busy", "line_timeout", "output_overflow",
  "journal_unreadable", "consumer_busy",
]);

/** The service refused: `code` is for programs, the message says what to do, `frame` is all that it said. */
export class FalconerError extends Error {
  constructor(frame) {
    super(`${frame.code}: ${frame.message}`);
    this.code = frame.code;
    this.frame = frame;
  }
}

/** The connection ended before the reply to a command: it may have been carried out. Look before you ask again. */
export class Unanswered extends Error {}

/** An event. `line` is the journal's own, a Buffer: take it where a number has more digits than a double holds. */
export class Event {
  #connection;

  constructor(line, attributes, delivery, connection) {
    this.line = line;
    this.attributes = attributes;
    this.delivery = delivery; // Which delivery it is, from 1, where each event is acknowledged.
    this.#connection = connection;
  }

  get id() { return this.attributes.id; }
  get type() { return this.attributes.type; }
  get data() { return this.attributes.data; }
  cameBy(connection) { return this.#connection === connection; }
}

/** One connection: lines out, lines in, each with a deadline. The other parts of this file are built on it. */
export class Connection {
  #socket;
  #pieces = [];
  #bytes = 0;
  #lines = [];
  #failure = null;
  #wake = () => {};

  static async open(path, timeoutMs = 5_000) {
    const connection = new Connection(path);
    try {
      connection.hello = (await connection.receive(timeoutMs)).members;
      if (connection.hello.frame !== "hello") throw new FalconerError(connection.hello);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  constructor(path) {
    this.#socket = net.createConnection(path);
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("end", () => this.#fail(new Error("the service closed the connection")));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the connection was closed")));
  }

  send(members) {
    return new Promise((resolve, reject) => {
      this.#socket.write(`${JSON.stringify(members)}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The next line as a Buffer and as an object; throws at the end, or when nothing comes in time. */
  async receive(timeoutMs = SILENCE_MS) {
    const deadline = Date.now() + timeoutMs;
    while (this.#lines.length === 0) {
      if (this.#failure) throw this.#failure;
      this.#socket.resume();
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`the service said nothing for ${timeoutMs / 1000} s`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => { clearTimeout(timer); resolve(); };
      });
    }
    const line = this.#lines.shift();
    return { line, members: JSON.parse(line.toString("utf8")) };
  }

  close() {
    this.#socket.destroy();
  }

  #take(chunk) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#lines.push(Buffer.concat([...this.#pieces, chunk.subarray(start, end)]));
      this.#pieces = [];
      this.#bytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
    this.#bytes += chunk.length - start;
    if (this.#bytes > LINE_BYTES_MAX) this.#fail(new Error("the service sent a line that is too long"));
    // What is not asked for stays with the service, which waits.
    if (this.#lines.length > 0) this.#socket.pause();
    this.#wake();
  }

  #fail(error) {
    this.#failure ??= error;
    this.#wake();
  }
}

const report = (text) => process.stderr.write(`falconer: ${text}\n`);

/** How long to wait between attempts: twice as long each time, and never all clients at the same moment. */
class Pauses {
  next = PAUSE_MS[0];

  reset() { this.next = PAUSE_MS[0]; }

  async wait() {
    const pause = this.next * (0.5 + Math.random() / 2);
    this.next = Math.min(2 * this.next, PAUSE_MS[1]);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

const isFinal = (error) => error instanceof FalconerError && !PASSING.has(error.code);

/**
 * Events in order and without a gap, over as many connections as it takes.
 *
 * Options: `after` (the id behind which to begin; save `event.id` once you have dealt with an event), or `from` ("first",
 * "new" (the default), or a time); `source` (the journal `after` belongs to); `until` ("now" or an id); `count`;
 * the filters `types`, `endpoint`, `submission`, `status`, `tag`; `reconnect` (default true); `report` (a function).
 */
export async function* events(path, options = {}) {
  let { after, from, source, until, count, reconnect = true, report: say = report, ...filters } = options;
  const pauses = new Pauses();
  for (;;) {
    let connection;
    try {
      connection = await Connection.open(path);
      source ??= connection.hello.source;
      // What these words mean is decided once, not anew by every connection.
      if (after === undefined && (from ?? "new") === "new") after = connection.hello.last;
      if (until === "now") until = connection.hello.last;
      const start = after === undefined ? { from } : { after };
      await connection.send({ op: "subscribe", ...filters, source, until, ...start });
      for (let isOpen = true; isOpen;) {
        const { line, members } = await connection.receive();
        switch (members.frame) {
          case undefined:
            pauses.reset();
            after = members.id;
            yield new Event(line, members, undefined, connection);
            if (count !== undefined && --count === 0) return;
            break;
          case "caught_up":
          case "position":
            pauses.reset();
            after = members.id;
            break;
          case "gap":
            after = members.to;
            say(`events ${members.from} to ${members.to} are missing: ${members.message}`);
            break;
          case "error": throw new FalconerError(members);
          case "bye":
            if (members.code === "complete") return;
            throw new Error(members.message);
        }
      }
    } catch (error) {
      if (!reconnect || isFinal(error)) throw error;
      say(`${error.message}; connecting again`);
    } finally {
      connection?.close();
    }
    await pauses.wait();
  }
}

/**
 * A named consumer: gives events that are to be acknowledged; what is not comes again, also after a crash.
 *
 * Options: `from` (where a new consumer begins; one that exists goes on where it is), `ack` ("each" (default), "upto",
 * "none"), `ack_wait_s`, `max_in_flight`, `max_deliveries`, `group`, `hold`, the filters, `reconnect`, `report`.
 */
export class Consumer {
  #path;
  #request;
  #reconnect;
  #say;
  #connection = null;
  #waiting = [];
  #pauses = new Pauses();
  #number = 0;

  constructor(path, name, { reconnect = true, report: say = report, ...options } = {}) {
    this.#path = path;
    this.#reconnect = reconnect;
    this.#say = say;
    this.#request = { op: "subscribe", consumer: name, ...options };
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (;;) {
        if (this.#waiting.length > 0) {
          yield this.#waiting.shift();
          continue;
        }
        try {
          if (!this.#connection) {
            this.#connection = await Connection.open(this.#path);
            await this.#connection.send(this.#request);
          }
          this.#take(await this.#connection.receive());
        } catch (error) {
          await this.#lost(error);
        }
      }
    } finally {
      this.close();
    }
  }

  /**
   * The event is done; with `ack: "upto"`, so is everything before it.
   *
   * With `durable`, waits until that is on disk, after which the event never comes again. False means that the connection
   * is gone: the event may come again.
   */
  async ack(event, { durable = false } = {}) {
    if (!durable) return this.#tell(event, { op: "ack", id: event.id });
    const ref = ++this.#number;
    if (!(await this.#tell(event, { op: "ack", id: event.id, sync: true, ref }))) return false;
    try {
      for (;;) {
        const received = await this.#connection.receive();
        if (received.members.frame === "acked" && received.members.ref === ref) return true;
        this.#take(received);
      }
    } catch (error) {
      await this.#lost(error);
      return false;
    }
  }

  /** The event cannot be dealt with now: it comes again after the delay. */
  nak(event, delaySeconds = 0) { return this.#tell(event, { op: "nak", id: event.id, delay_s: delaySeconds }); }

  /** More time is needed: the time for the acknowledgement begins anew. */
  progress(event) { return this.#tell(event, { op: "progress", id: event.id }); }

  /** The event can never be dealt with: it is parked, see `falconer consumers parked`. */
  term(event, reason) { return this.#tell(event, { op: "term", id: event.id, reason }); }

  close() {
    this.#waiting = [];
    this.#connection?.close();
    this.#connection = null;
  }

  async #tell(event, members) {
    // An event of an earlier connection is not this one's to finish: it comes again.
    if (!this.#connection || !event.cameBy(this.#connection)) return false;
    try {
      await this.#connection.send(members);
      return true;
    } catch (error) {
      await this.#lost(error);
      return false;
    }
  }

  #take({ line, members }) {
    switch (members.frame) {
      case undefined:
        this.#waiting.push(new Event(line, members, undefined, this.#connection));
        break;
      case "delivery": {
        // Behind `"event":`, and before the frame's own brace, stands the journal's line, byte for byte.
        const event = line.subarray(line.indexOf('"event":') + 8, -1);
        this.#waiting.push(new Event(event, members.event, members.delivery, this.#connection));
        break;
      }
      case "gap":
        this.#say(`events ${members.from} to ${members.to} are missing: ${members.message}`);
        break;
      case "dead":
        this.#say(`event ${members.id} is parked: ${members.message}`);
        break;
      case "error": throw new FalconerError(members);
      case "bye": throw new Error(members.message);
    }
    if ([undefined, "delivery", "caught_up"].includes(members.frame)) this.#pauses.reset();
  }

  async #lost(error) {
    this.close();
    if (!this.#reconnect || isFinal(error)) throw error;
    this.#say(`${error.message}; connecting again`);
    await this.#pauses.wait();
  }
}

/**
 * Gives one command and returns its reply; throws FalconerError when it is refused.
 *
 * Waits for a service that is not there yet. Once the command was sent it is not sent again: Unanswered.
 */
export async function command(path, op, members = {}, { timeoutMs = 30_000 } = {}) {
  const deadline = Date.now() + timeoutMs;
  const pauses = new Pauses();
  let connection;
  while (!connection) {
    try {
      connection = await Connection.open(path, deadline - Date.now());
    } catch (error) {
      if (isFinal(error) || Date.now() + pauses.next > deadline) throw error;
      await pauses.wait();
    }
  }
  try {
    await connection.send({ ...members, op, ref: 1 });
    for (;;) {
      const { members: frame } = await connection.receive(deadline - Date.now());
      if (frame.frame === "error") throw new FalconerError(frame);
      if (frame.frame === "bye") throw new Error(frame.message);
      if (frame.frame === "reply" && frame.ref === 1) return frame;
    }
  } catch (error) {
    if (error instanceof FalconerError) throw error;
    throw new Unanswered(`${op} may have been carried out: ${error.message}`);
  } finally {
    connection.close();
  }
}

/**
 * Has a request sent to fal; returns once it is on disk, with its id in `submission`.
 *
 * After Unanswered, look for your tag in `command(path, "list")` before you submit again.
 */
export const submit = (path, endpoint, input, { tag, ...options } = {}) =>
  command(path, "submit", { endpoint, input, tag }, options);

/** What became of a submission; its id, or fal's request id. */
export const status = (path, submission, options) => command(path, "status", { submission }, options);

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [path, options] = process.argv.slice(2);
  if (!path) {
    report("usage: node falconer.mjs SOCKET [OPTIONS AS JSON]");
    process.exit(64);
  }
  try {
    for await (const event of events(path, options ? JSON.parse(options) : {})) {
      if (!process.stdout.write(Buffer.concat([event.line, Buffer.from("\n")]))) await once(process.stdout, "drain");
    }
  } catch (error) {
    report(error.message);
    process.exit(1);
  }
}
