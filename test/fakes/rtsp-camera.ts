import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

interface Track {
  /** What the track's SETUP address ends with. */
  readonly control: string;
}

interface Stream {
  readonly sdp: string;
  readonly tracks: readonly Track[];
  readonly viewers: Set<Viewer>;
  /** The last sender report (RTCP) of each track, by the publisher's channel: what lays picture and sound side by side. */
  readonly reports: Map<number, Buffer>;
}

interface Viewer {
  readonly socket: Socket;
  /** Interleaved channel of the publisher → that of this viewer. */
  readonly channels: Map<number, number>;
}

/** A viewer that stops reading loses packets, as with a real camera. */
const MOST_UNSENT_BYTES = 4_000_000;

/**
 * An IP camera's RTSP side (RFC 2326, TCP interleaved only): one ffmpeg publishes into a path (ANNOUNCE, RECORD), any
 * number of viewers play it. Packets pass as they come, so a viewer begins in mid-picture, as with a real camera, and is told
 * at once which moment the tracks' times stand for.
 */
export class RtspCamera {
  readonly #server: Server = createServer((socket) => this.#serve(socket));
  readonly #streams = new Map<string, Stream>();
  readonly #sockets = new Set<Socket>();

  /** @returns base address without a path. */
  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `rtsp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  isPublished(path: string): boolean {
    return this.#streams.has(path);
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    let publishes: Stream | undefined;
    const viewer: Viewer = { socket, channels: new Map() };
    let unread: Buffer = Buffer.alloc(0);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const [path, stream] of this.#streams) {
        stream.viewers.delete(viewer);
        if (stream === publishes) this.#streams.delete(path);
      }
    });
    socket.on("data", (chunk: Buffer) => {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
      for (;;) {
        if (unread[0] === 0x24) {
          if (unread.length < 4 || unread.length < 4 + unread.readUInt16BE(2)) return;
          const length = 4 + unread.readUInt16BE(2);
          if (publishes !== undefined) relay(publishes, unread.subarray(0, length));
          unread = unread.subarray(length);
          continue;
        }
        const parsed = takeRequest(unread);
        if (parsed === null) return;
        unread = unread.subarray(parsed.bytes);
        publishes = this.#answer(parsed.request, viewer, publishes);
      }
    });
  }

  #answer(request: Request, viewer: Viewer, publishes: Stream | undefined): Stream | undefined {
    const { method, url, headers, body } = request;
    const path = new URL(url.replace(/^rtsp:/, "http:")).pathname;
    const reply = (status: string, extra: readonly string[] = [], content = ""): void => {
      const head = [`RTSP/1.0 ${status}`, `CSeq: ${headers.get("cseq") ?? "0"}`, "Session: 1;timeout=60", ...extra];
      if (content !== "") head.push(`Content-Length: ${Buffer.byteLength(content)}`);
      viewer.socket.write(`${head.join("\r\n")}\r\n\r\n${content}`);
    };
    const stream = this.#streams.get(path) ?? [...this.#streams].find(([known]) => path.startsWith(`${known}/`))?.[1];
    switch (method) {
      case "OPTIONS":
        reply("200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, ANNOUNCE, RECORD, GET_PARAMETER"]);
        return publishes;
      case "ANNOUNCE": {
        const tracks = [...body.matchAll(/^a=control:(\S+)/gm)].map(([, control = ""]) => ({ control }));
        const announced: Stream = { sdp: body, tracks, viewers: new Set(), reports: new Map() };
        this.#streams.set(path, announced);
        reply("200 OK");
        return announced;
      }
      case "DESCRIBE":
        if (stream === undefined) reply("404 Not Found");
        else reply("200 OK", ["Content-Type: application/sdp", `Content-Base: ${url}/`], stream.sdp);
        return publishes;
      case "SETUP": {
        const transport = headers.get("transport") ?? "";
        const [, first] = /interleaved=(\d+)-\d+/.exec(transport) ?? [];
        if (!transport.includes("TCP") || first === undefined) {
          reply("461 Unsupported Transport");
          return publishes;
        }
        if (publishes === undefined && stream !== undefined) {
          const track = stream.tracks.findIndex(({ control }) => path.endsWith(`/${control}`));
          viewer.channels.set(2 * track, Number(first)).set(2 * track + 1, Number(first) + 1);
        }
        reply("200 OK", [`Transport: ${transport}`]);
        return publishes;
      }
      case "PLAY":
        reply("200 OK");
        if (stream === undefined) return publishes;
        for (const report of stream.reports.values()) pass(report, viewer);
        stream.viewers.add(viewer);
        return publishes;
      case "TEARDOWN":
        stream?.viewers.delete(viewer);
        reply("200 OK");
        return publishes;
      default:
        reply("200 OK");
        return publishes;
    }
  }
}

function relay(stream: Stream, packet: Buffer): void {
  const channel = packet.readUInt8(1);
  const isReport = channel % 2 === 1;
  if (isReport) stream.reports.set(channel, Buffer.from(packet));
  for (const viewer of stream.viewers) pass(packet, viewer);
}

function pass(packet: Buffer, { socket, channels }: Viewer): void {
  const channel = channels.get(packet.readUInt8(1));
  if (channel === undefined || socket.writableLength > MOST_UNSENT_BYTES) return;
  const copy = Buffer.from(packet);
  copy.writeUInt8(channel, 1);
  socket.write(copy);
}

function takeRequest(bytes: Buffer): { request: Request; bytes: number } | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const [method = "", url = ""] = first.split(" ");
  const headers = new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).trim().toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  const length = Number(headers.get("content-length") ?? "0");
  const total = end + 4 + length;
  if (bytes.length < total) return null;
  return { request: { method, url, headers, body: bytes.subarray(end + 4, total).toString("utf8") }, bytes: total };
}
