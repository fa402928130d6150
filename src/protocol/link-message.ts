/** What a channel message of the link carries: `JSON length 4 · canonical JSON · attachment`. */

import { concatBytes, readU32, u32 } from "./bytes.ts";
import { decodeJson, encodeJson, type Json } from "./canonical-json.ts";
import { ProtocolError } from "./errors.ts";
import { bytes, isJsonObject, literal, object, type Shape, text } from "./shape.ts";

const anyJson: Shape<Json> = { read: (json) => json, write: (json) => json };
const name = text(64);
/** Random, since several programs of one member may listen on one link. */
const requestId = bytes(8);

const shapes = {
  request: object({ kind: literal("request"), id: requestId, op: name, args: anyJson }),
  response: object({ kind: literal("response"), id: requestId, result: anyJson }),
  notice: object({ kind: literal("notice"), notice: name, fields: anyJson }),
} as const;

interface WithAttachment {
  readonly attachment: Uint8Array;
}

/** From a member to the device. A request that is rejected has no response at all. */
export interface LinkRequestMessage extends WithAttachment {
  readonly kind: "request";
  readonly id: Uint8Array;
  readonly op: string;
  readonly args: Json;
}

export interface LinkResponseMessage extends WithAttachment {
  readonly kind: "response";
  readonly id: Uint8Array;
  readonly result: Json;
}

/** From the device to a member, unasked; losing one loses no data. */
export interface LinkNoticeMessage extends WithAttachment {
  readonly kind: "notice";
  readonly notice: string;
  readonly fields: Json;
}

export type LinkMessage = LinkRequestMessage | LinkResponseMessage | LinkNoticeMessage;

function toJson(message: LinkMessage): Json {
  if (message.kind === "request") return shapes.request.write(message);
  if (message.kind === "response") return shapes.response.write(message);
  return shapes.notice.write(message);
}

export function encodeLinkMessage(message: LinkMessage): Uint8Array {
  const json = encodeJson(toJson(message));
  return concatBytes(u32(json.length), json, message.attachment);
}

/** @throws {@link ProtocolError} `json/encoding`, `json/shape`. */
export function decodeLinkMessage(body: Uint8Array): LinkMessage {
  const jsonEnd = body.length < 4 ? Number.POSITIVE_INFINITY : 4 + readU32(body, 0);
  if (jsonEnd > body.length) throw new ProtocolError("json/encoding", "link message is cut short");
  const json = decodeJson(body.subarray(4, jsonEnd));
  const attachment = body.slice(jsonEnd);
  const kind = isJsonObject(json) ? json.kind : undefined;
  if (kind === "request") return { ...shapes.request.read(json), attachment };
  if (kind === "response") return { ...shapes.response.read(json), attachment };
  return { ...shapes.notice.read(json), attachment };
}
