/** A register's log as long as a country's year: leaves that keep every rule, made fast and the same from one seed. */

import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { utf8 } from "../../src/protocol/bytes.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { type Signer, seedSigner, signStatement } from "../../src/protocol/envelope.ts";
import type { Place } from "../../src/protocol/register/area.ts";
import { DEFAULT_PRESSING_WORDS } from "../../src/protocol/register/default-words.ts";
import { type EntryKind, encodeLeaf } from "../../src/protocol/register/leaf.ts";
import { accreditationStatement } from "../../src/protocol/register/statements/accreditation.ts";
import { registerStatement } from "../../src/protocol/register/statements/register.ts";
import { embedCard, OFFENCES, type Request, requestStatement } from "../../src/protocol/register/statements/request.ts";
import { LOOSEST_LIMITS, rulesStatement } from "../../src/protocol/register/statements/rules.ts";
import { recipientCardStatement } from "../../src/protocol/statements/recipient-card.ts";

export interface CountryYearOptions {
  /** Origin of the log. */
  readonly register: string;
  readonly requests: number;
  /** Of all agencies together; each has one key. */
  readonly requesters: number;
  /** Unix seconds of leaf 0. */
  readonly start: number;
  readonly days: number;
  /** A home that this many of the requests cover. */
  readonly home: Place;
  readonly matches: number;
}

/** 22,335 requests were made in the United States in 2020, by 2,014 agencies. */
export const YEAR_2020: CountryYearOptions = {
  register: "register.example/requests",
  requests: 22_335,
  requesters: 2_014,
  start: 1_577_836_800,
  days: 366,
  home: { latitude: 2_612_240, longitude: -8_013_730 },
  matches: 100,
};

const crypto: Crypto = nodeCrypto;
const seedOf = (name: string): Uint8Array => crypto.sha256(utf8(`country year ${name}`));
const DAY = 86_400;

/** What the town police would write, so that a leaf has the size of a real one. */
const STORY =
  "On the morning of the day named, two persons forced the back door of a shop and left in a light car towards the " +
  "north. We look for pictures of persons or cars that passed between the two times, also from the day before.";

/** Made one by one, so that a hundred years need no more memory than one. */
export async function* countryYear(options: CountryYearOptions): AsyncGenerator<Uint8Array> {
  const { register, requests, requesters, start, days, matches } = options;
  const operator = seedSigner(crypto, seedOf("operator"));
  const leaf = (kind: EntryKind, at: number, envelope: Uint8Array): Uint8Array => encodeLeaf(kind, at, envelope);
  const about = "A register for measurements";
  yield leaf(
    "register",
    start,
    await signStatement(crypto, registerStatement, { register, operator: operator.publicKey, about }, operator),
  );
  const rules = { register, limits: LOOSEST_LIMITS, words: DEFAULT_PRESSING_WORDS };
  yield leaf("rules", start, await signStatement(crypto, rulesStatement, rules, operator));

  const signers: Signer[] = [];
  for (let i = 0; i < requesters; i += 1) {
    const signer = seedSigner(crypto, seedOf(`requester ${i}`));
    signers.push(signer);
    const payload = {
      register,
      requester: signer.publicKey,
      agency: agencyOf(i),
      voucher: "State police union",
      evidence: "Letter with the chief's signature, called back",
    };
    yield leaf("accreditation", start, await signStatement(crypto, accreditationStatement, payload, operator));
  }
  const matchEvery = matches === 0 ? Number.POSITIVE_INFINITY : Math.floor(requests / matches);
  for (let i = 0; i < requests; i += 1) {
    const at = start + DAY + Math.floor((i * (days - 1) * DAY) / requests);
    const by = i % requesters;
    const signer = signers[by];
    if (signer === undefined) continue;
    const isMatch = i % matchEvery === 0 && i / matchEvery < matches;
    const payload = await requestOf(options, i, by, at, isMatch, signer);
    yield leaf("request", at, await signStatement(crypto, requestStatement, payload, signer));
  }
}

const agencyOf = (i: number): string => `Police Department of Town ${i}`;

async function requestOf(
  { register, home }: CountryYearOptions,
  i: number,
  by: number,
  at: number,
  isMatch: boolean,
  signer: Signer,
): Promise<Request> {
  const end = Math.floor(at / 900) * 900 - 4 * 900;
  // A grid of places more than two circles apart, none within reach of the home.
  const elsewhere = {
    latitude: 3_000_000 + (i % 1_000) * 1_500,
    longitude: -12_000_000 + (Math.floor(i / 1_000) % 1_000) * 3_000,
  };
  const centre = isMatch ? home : elsewhere;
  return {
    register,
    requester: signer.publicKey,
    agency: agencyOf(by),
    officer: `Detective ${by}`,
    caseNumber: `2020-${String(i).padStart(7, "0")}`,
    offence: OFFENCES[i % OFFENCES.length] ?? "other",
    basis: "voluntary",
    area: { ...centre, radius: 200 + (i % 10) * 40 },
    window: { start: end - (1 + (i % 40)) * 900, end },
    text: STORY,
    card: embedCard(await cardOf(by, signer)),
    expires: at + (1 + (i % 14)) * DAY,
    extends: null,
  };
}

const cards = new Map<number, Uint8Array>();

async function cardOf(by: number, signer: Signer): Promise<Uint8Array> {
  const known = cards.get(by);
  if (known !== undefined) return known;
  const card = {
    name: agencyOf(by),
    signKey: signer.publicKey,
    boxKey: crypto.boxKeyFromSecret(seedOf(`box ${by}`)).publicKey,
    inbox: { url: `mqtts://inbox${by}.example.org`, ca: null, id: seedOf(`inbox ${by}`).subarray(0, 16) },
  };
  const envelope = await signStatement(crypto, recipientCardStatement, card, signer);
  cards.set(by, envelope);
  return envelope;
}
