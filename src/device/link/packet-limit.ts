import { Duplex } from "node:stream";

type Callback = (error?: Error | null) => void;

export class PacketTooLarge extends Error {
  override readonly name = "PacketTooLarge";
}

/**
 * Adds up MQTT packets as their bytes pass. MQTT parsers collect a whole packet (up to 256 MiB) before anyone can look at
 * it; this reads the length in the fixed header (MQTT 3.1.1, 2.2.3).
 */
export class PacketLengths {
  #bodyLeft = 0;
  #header: { length: number; shift: number } | undefined;

  /** False as soon as a packet says that it is longer than `limitBytes`. */
  fit(chunk: Uint8Array, limitBytes: number): boolean {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#bodyLeft > 0) {
        const skipped = Math.min(this.#bodyLeft, chunk.length - offset);
        this.#bodyLeft -= skipped;
        offset += skipped;
      } else if (this.#header === undefined) {
        this.#header = { length: 0, shift: 0 }; // packet type and flags
        offset += 1;
      } else {
        const byte = chunk[offset] ?? 0;
        offset += 1;
        this.#header.length += (byte & 0x7f) * 2 ** this.#header.shift;
        this.#header.shift += 7;
        if (this.#header.length > limitBytes || this.#header.shift > 28) return false;
        if (byte < 0x80) {
          this.#bodyLeft = this.#header.length;
          this.#header = undefined;
        }
      }
    }
    return true;
  }
}

/** A socket that lets no MQTT packet above `limitBytes` through, and ends the connection at its header. */
export class PacketLimit extends Duplex {
  /** Whole packet, fixed header included; may be raised once the peer has shown who it is. */
  limitBytes: number;
  readonly #socket: Duplex;
  readonly #lengths = new PacketLengths();

  constructor(socket: Duplex, limitBytes: number) {
    super();
    this.limitBytes = limitBytes;
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
    socket.on("end", () => this.push(null));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#socket.write(chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: Callback): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: Callback): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#socket.destroy();
    callback(error);
  }

  #receive(chunk: Buffer): void {
    if (this.destroyed) return;
    if (!this.#lengths.fit(chunk, this.limitBytes))
      this.destroy(new PacketTooLarge(`packet above ${this.limitBytes} bytes`));
    else if (!this.push(chunk)) this.#socket.pause();
  }
}
