import { createServer, type Server, type Socket } from "node:net";
import { ByteReader } from "./byte-reader.ts";
import type { Disk } from "./disk.ts";
import {
  COMMAND,
  COMMAND_FLAG,
  ERROR,
  HANDSHAKE,
  INFO,
  MAGIC,
  OPTION,
  OPTION_BYTES,
  OPTION_MAGIC,
  OPTION_REPLY,
  OPTION_REPLY_MAGIC,
  REPLY_MAGIC,
  REQUEST_BYTES,
  REQUEST_MAGIC,
  TRANSMISSION,
} from "./wire.ts";

const MAX_OPTION_BYTES = 4096;
const MAX_TRANSFER_BYTES = 32 << 20;
const BLOCK = { least: 512, preferred: 4096 } as const;
const FLAGS =
  TRANSMISSION.hasFlags | TRANSMISSION.flush | TRANSMISSION.fua | TRANSMISSION.trim | TRANSMISSION.writeZeroes;

/** @param name - Of an export, "" for the default one. Null: there is none of this name. */
export type FindDisk = (name: string) => Disk | null;

/**
 * Serves disks over the network block device protocol: fixed newstyle handshake, simple replies. Requests of a connection
 * are carried out and answered one after another, so that a flush covers exactly what was asked before it.
 */
export class NbdServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(find: FindDisk) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy()); // a machine whose power goes says no goodbye
      socket.on("close", () => this.#sockets.delete(socket));
      void serve(socket, find).finally(() => socket.end());
    });
  }

  /** @param where - Path of a unix socket, or a port of the loopback. */
  async listen(
    where: { readonly path: string } | { readonly port: number; readonly host: "127.0.0.1" },
  ): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(where, resolve);
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

async function serve(socket: Socket, find: FindDisk): Promise<void> {
  const reader = new ByteReader(socket);
  try {
    const disk = await negotiate(socket, reader, find);
    if (disk !== null) await transmit(socket, reader, disk);
  } catch {
    socket.destroy(); // the peer went in the middle of a message
  }
}

async function negotiate(socket: Socket, reader: ByteReader, find: FindDisk): Promise<Disk | null> {
  const hello = Buffer.alloc(18);
  hello.writeBigUInt64BE(MAGIC, 0);
  hello.writeBigUInt64BE(OPTION_MAGIC, 8);
  hello.writeUInt16BE(HANDSHAKE.fixedNewstyle | HANDSHAKE.noZeroes, 16);
  socket.write(hello);
  const clientFlags = (await reader.take(4))?.readUInt32BE();
  if (clientFlags === undefined) return null;
  for (;;) {
    const header = await reader.take(OPTION_BYTES);
    if (header === null || header.readBigUInt64BE(0) !== OPTION_MAGIC) return null;
    const [option, length] = [header.readUInt32BE(8), header.readUInt32BE(12)];
    if (length > MAX_OPTION_BYTES) return null;
    const data = await reader.take(length);
    if (data === null) return null;
    const reply = (type: number, bytes: Uint8Array = new Uint8Array()): void => {
      const head = Buffer.alloc(20);
      head.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0);
      head.writeUInt32BE(option, 8);
      head.writeUInt32BE(type, 12);
      head.writeUInt32BE(bytes.length, 16);
      socket.write(Buffer.concat([head, bytes]));
    };
    if (option === OPTION.abort) {
      reply(OPTION_REPLY.ack);
      return null;
    }
    if (option === OPTION.exportName) {
      const disk = find(data.toString("utf8"));
      if (disk === null) return null; // this option has no way to say no
      socket.write(
        Buffer.concat([sizeAndFlags(disk), Buffer.alloc((clientFlags & HANDSHAKE.noZeroes) === 0 ? 124 : 0)]),
      );
      return disk;
    }
    if (option === OPTION.list) {
      if (find("") !== null) reply(OPTION_REPLY.server, Buffer.alloc(4));
      reply(OPTION_REPLY.ack);
    } else if (option === OPTION.go || option === OPTION.info) {
      const name = exportNameIn(data);
      const disk = name === null ? null : find(name);
      if (name === null) reply(OPTION_REPLY.invalid);
      else if (disk === null) reply(OPTION_REPLY.unknown, Buffer.from(`no export "${name}"`));
      else {
        reply(OPTION_REPLY.info, Buffer.concat([uint16(INFO.export), sizeAndFlags(disk)]));
        reply(OPTION_REPLY.info, blockSizes());
        reply(OPTION_REPLY.ack);
        if (option === OPTION.go) return disk;
      }
    } else reply(OPTION_REPLY.unsupported);
  }
}

function exportNameIn(data: Buffer): string | null {
  if (data.length < 4) return null;
  const length = data.readUInt32BE();
  return data.length < 4 + length + 2 ? null : data.toString("utf8", 4, 4 + length);
}

function sizeAndFlags({ size }: Disk): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeBigUInt64BE(BigInt(size), 0);
  bytes.writeUInt16BE(FLAGS, 8);
  return bytes;
}

function blockSizes(): Buffer {
  const bytes = Buffer.alloc(14);
  bytes.writeUInt16BE(INFO.blockSize, 0);
  bytes.writeUInt32BE(BLOCK.least, 2);
  bytes.writeUInt32BE(BLOCK.preferred, 6);
  bytes.writeUInt32BE(MAX_TRANSFER_BYTES, 10);
  return bytes;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

async function transmit(socket: Socket, reader: ByteReader, disk: Disk): Promise<void> {
  for (;;) {
    const request = await reader.take(REQUEST_BYTES);
    if (request === null || request.readUInt32BE(0) !== REQUEST_MAGIC) return;
    const [flags, command] = [request.readUInt16BE(4), request.readUInt16BE(6)];
    const [offset, length] = [Number(request.readBigUInt64BE(16)), request.readUInt32BE(24)];
    if (command === COMMAND.disconnect) return;
    if (command === COMMAND.write && length > MAX_TRANSFER_BYTES) return;
    const payload = command === COMMAND.write ? await reader.take(length) : Buffer.alloc(0);
    if (payload === null) return;
    const { error, bytes } = carryOut(disk, {
      command,
      offset,
      length,
      payload,
      isDurable: (flags & COMMAND_FLAG.fua) !== 0,
    });
    const head = Buffer.alloc(16);
    head.writeUInt32BE(REPLY_MAGIC, 0);
    head.writeUInt32BE(error, 4);
    request.copy(head, 8, 8, 16);
    if (!socket.write(Buffer.concat([head, bytes]))) {
      await new Promise<void>((resolve) => {
        socket.once("drain", resolve);
        socket.once("close", resolve);
      });
    }
  }
}

interface Request {
  readonly command: number;
  readonly offset: number;
  readonly length: number;
  readonly payload: Uint8Array;
  readonly isDurable: boolean;
}

interface Answer {
  readonly error: number;
  readonly bytes: Uint8Array;
}

function carryOut(disk: Disk, { command, offset, length, payload, isDurable }: Request): Answer {
  const answer = (error: number, bytes: Uint8Array = new Uint8Array()): Answer => ({ error, bytes });
  const isInside = offset + length <= disk.size;
  try {
    switch (command) {
      case COMMAND.read:
        if (!isInside || length > MAX_TRANSFER_BYTES) return answer(ERROR.invalid);
        return answer(ERROR.none, disk.read(offset, length));
      case COMMAND.write:
        if (!isInside) return answer(ERROR.noSpace);
        disk.write(offset, payload, isDurable);
        return answer(ERROR.none);
      case COMMAND.trim: // what a trimmed range holds is anybody's guess; zeroes are the guess that hides least
      case COMMAND.writeZeroes:
        if (!isInside) return answer(command === COMMAND.trim ? ERROR.invalid : ERROR.noSpace);
        disk.zero(offset, length, isDurable);
        return answer(ERROR.none);
      case COMMAND.flush:
        disk.flush();
        return answer(ERROR.none);
      default:
        return answer(ERROR.invalid);
    }
  } catch {
    return answer(ERROR.io);
  }
}
