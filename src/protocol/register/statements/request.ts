import { decodeJson, encodeJson, type Json } from "../../canonical-json.ts";
import type { StatementKind } from "../../envelope.ts";
import { ProtocolError } from "../../errors.ts";
import {
  bytes,
  integer,
  isJsonObject,
  literal,
  nullable,
  object,
  type Shape,
  text,
  type ValueOf,
} from "../../shape.ts";
import { plainLine } from "../plain-text.ts";
import { registerName } from "../register-name.ts";

/** What happened, so that requests can be counted by it. */
export const OFFENCES = [
  "arson",
  "assault",
  "burglary",
  "criminal-damage",
  "drugs",
  "fraud",
  "hit-and-run",
  "homicide",
  "kidnapping",
  "missing-person",
  "robbery",
  "sexual-offence",
  "theft",
  "vehicle-crime",
  "weapons",
  "other",
] as const;

/** The envelope of the recipient's card, as JSON within the payload; what it says is looked at with the signatures. */
type EmbeddedCard = { readonly [member: string]: Json };

const embeddedCard: Shape<EmbeddedCard> = {
  read(json) {
    if (!isJsonObject(json)) throw new ProtocolError("json/shape", "a recipient card is an object");
    return json;
  },
  write: (envelope) => envelope,
};

const seconds = integer(0, Number.MAX_SAFE_INTEGER);

const shape = object({
  register: registerName,
  requester: bytes(32),
  agency: plainLine(120),
  officer: plainLine(120),
  caseNumber: plainLine(80),
  offence: literal(...OFFENCES),
  /** A request binds nobody. */
  basis: literal("voluntary"),
  area: object({
    /** Of the centre, in 10^-5 degrees north and east; the date line is -18,000,000. */
    latitude: integer(-9_000_000, 9_000_000),
    longitude: integer(-18_000_000, 17_999_999),
    /** Metres. */
    radius: integer(1, 100_000),
  }),
  /** What was filmed from `start` until before `end`, unix seconds. */
  window: object({ start: seconds, end: seconds }),
  text: text(1_000),
  card: embeddedCard,
  /** Unix seconds; from then on nobody is asked any more. */
  expires: seconds,
  /** Digest of the requester's own earlier request that this one prolongs. */
  extends: nullable(bytes(32)),
});

/** An investigator's question to whoever lives in an area, signed by the requester's key. */
export type Request = ValueOf<typeof shape>;
export type Area = Request["area"];
export type Window = Request["window"];
export type Offence = Request["offence"];

export const requestStatement: StatementKind<Request> = { kind: "request", shape };

/** A card's envelope as a request carries it. @throws {@link ProtocolError} `json/encoding`, `json/shape`. */
export const embedCard = (envelope: Uint8Array): EmbeddedCard => embeddedCard.read(decodeJson(envelope));

/** The envelope of the card of whoever asks. */
export const cardEnvelopeOf = ({ card }: Pick<Request, "card">): Uint8Array => encodeJson(card);
