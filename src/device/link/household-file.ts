import { decodeJson, encodeJson } from "../../protocol/canonical-json.ts";
import { array, bytes, integer, literal, nullable, object, type ValueOf } from "../../protocol/shape.ts";
import { readFileIfThere, writeFileDurably } from "../platform/durable-file.ts";
import { LinkError } from "./errors.ts";

/** A phone uploads 120 days ahead; more than a year is a mistake. */
export const MAX_DAY_KEYS = 366;
export const MAX_MEMBERS = 32;
const MAX_REMOVED = 64;
const MAX_DAY = 1_000_000;
const MAX_STATE = Number.MAX_SAFE_INTEGER;

const memberShape = object({
  signKey: bytes(32),
  /** `none`: paired, not yet admitted by the owners. */
  role: literal("owner", "viewer", "none"),
  toDeviceKey: bytes(32),
  toMemberKey: bytes(32),
  /** Also names the link in the counter file and as the broker's user. */
  toDeviceTopic: bytes(16),
  toMemberTopic: bytes(16),
  dayKeys: nullable(object({ firstDay: integer(0, MAX_DAY), keys: array(bytes(32), MAX_DAY_KEYS) })),
});

const fileShape = object({
  version: integer(1, 1),
  state: integer(0, MAX_STATE),
  quorum: integer(1, MAX_MEMBERS),
  /** Highest day any clip was opened on: a clock that goes back must not wrap to a day whose key a phone may still hold longer. */
  lastDay: integer(0, MAX_DAY),
  members: array(memberShape, MAX_MEMBERS),
  removed: array(bytes(32), MAX_REMOVED),
});

export type StoredMember = ValueOf<typeof memberShape>;
export type StoredHousehold = ValueOf<typeof fileShape>;

export const emptyHousehold: StoredHousehold = {
  version: 1,
  state: 0,
  quorum: 1,
  lastDay: 0,
  members: [],
  removed: [],
};

/** @throws LinkError `link/household-damaged`; the file is left as it is. */
export async function readHousehold(path: string): Promise<StoredHousehold> {
  const content = await readFileIfThere(path);
  if (content === undefined) return emptyHousehold;
  try {
    return fileShape.read(decodeJson(content));
  } catch (cause) {
    throw new LinkError("link/household-damaged", `${path} is not a household file`, { cause });
  }
}

export async function writeHousehold(path: string, household: StoredHousehold): Promise<void> {
  const removed = household.removed.slice(-MAX_REMOVED);
  await writeFileDurably(path, encodeJson(fileShape.write({ ...household, removed })));
}
