/**
 * `npm run forge -- [--json] [--count N] [--seed N]`: forged consents, of which none may be accepted, and forged shares,
 * each of which must get its own verdict. Every case has a control that shows that the case would be noticed.
 */
import { refusalReasons } from "../../src/device/consent/decision.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { failures } from "../../src/recipient/verdict.ts";
import { proofOptions } from "../proof-options.ts";
import { carelessChecks } from "./careless.ts";
import { consentCases } from "./consent-cases.ts";
import { type ConsentDeskWorld, makeConsentDeskWorld } from "./consent-desk-world.ts";
import { Dice } from "./dice.ts";
import { forgedToken, type Material } from "./forged-token.ts";
import { runShareCase, shareCases } from "./share-cases.ts";
import { makeShareWorld } from "./share-world.ts";

interface CaseResult {
  readonly name: string;
  readonly verdict: string;
  readonly expected: string;
  readonly ok: boolean;
  /** What the honest original of this forgery is called, or what careless code makes of the forgery. */
  readonly control: string;
}

const DEFAULT_COUNT = 100_000;
/** Honest tokens to forge from are made anew now and then; each batch also shows that an honest one is accepted. */
const BATCH = 500;

const USAGE = `npm run forge -- [--count N] [--seed S] [--json]

Offers N forged consents (default ${DEFAULT_COUNT}), of which none may be accepted, and forged shares, each with its own verdict.
  npm run forge -- --count 2000    a short run`;

const values = proofOptions(USAGE, { json: { type: "boolean" }, count: { type: "string" }, seed: { type: "string" } });
const count = Number(values.count ?? DEFAULT_COUNT);
const seed = Number(values.seed ?? 1);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error("--count and --seed are whole numbers");
  process.exit(2);
}

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

async function runConsentCases(): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { name, expected, forge } of consentCases) {
    const world = await makeConsentDeskWorld(nodeCrypto);
    const honest = await world.submission(world.challenges.issue());
    const control = (await world.decide(honest)).outcome;
    const decision = await world.decide(await forge(world, honest));
    const verdict = decision.outcome === "refused" ? decision.reason : decision.outcome;
    results.push({ name, verdict, expected, ok: verdict === expected && control === "accepted", control });
  }
  return results;
}

async function runShareCases(): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const shareCase of shareCases) {
    const { forged, control } = await runShareCase(await makeShareWorld(nodeCrypto), shareCase);
    const { name, expected } = shareCase;
    const ok = forged.verdict === expected && control.verdict === "ok";
    results.push({ name, verdict: forged.verdict, expected, ok, control: control.verdict });
  }
  return results;
}

async function runCarelessChecks(): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { name, takesIt } of carelessChecks) {
    const verdict = (await takesIt(nodeCrypto)) ? "taken" : "not taken";
    results.push({ name, verdict, expected: "taken", ok: verdict === "taken", control: verdict });
  }
  return results;
}

interface ForgeryCount {
  readonly tokens: number;
  readonly accepted: number;
  readonly honestAccepted: number;
  readonly honestOffered: number;
  readonly codes: Record<string, number>;
}

async function forgeTokens(): Promise<ForgeryCount> {
  const dice = new Dice(seed);
  const codes: Record<string, number> = {};
  let [tokens, accepted, honestAccepted, honestOffered] = [0, 0, 0, 0];
  while (tokens < count) {
    const world = await makeConsentDeskWorld(nodeCrypto);
    const material = await makeMaterial(world);
    for (let i = 0; i < BATCH && tokens < count; i += 1) {
      const { kind, submission } = await forgedToken(world, material, dice);
      const decision = await world.decide(submission);
      tokens += 1;
      if (decision.outcome === "refused") codes[decision.reason] = (codes[decision.reason] ?? 0) + 1;
      else {
        accepted += 1;
        progress(`ACCEPTED: a forgery of kind ${kind}, seed ${seed}, token ${tokens}`);
      }
    }
    honestOffered += 1;
    if ((await world.decide(material.fresh)).outcome === "accepted") honestAccepted += 1;
    if (tokens % 10_000 < BATCH || tokens === count)
      progress(`${tokens} of ${count} forged consents, ${accepted} accepted`);
  }
  return { tokens, accepted, honestAccepted, honestOffered, codes };
}

async function makeMaterial(world: ConsentDeskWorld): Promise<Material> {
  const make = () => world.submission(world.challenges.issue());
  const material = { fresh: await make(), other: await make(), accepted: await make() };
  await world.accept(material.accepted);
  return material;
}

progress("named cases");
const cases = [...(await runConsentCases()), ...(await runShareCases()), ...(await runCarelessChecks())];
const forged = await forgeTokens();
const codes: Record<string, number> = Object.fromEntries(Object.keys(refusalReasons).map((reason) => [reason, 0]));
for (const [code, times] of Object.entries(forged.codes)) codes[code] = (codes[code] ?? 0) + times;
for (const { expected, verdict } of cases) {
  if (expected in refusalReasons && verdict === expected) codes[expected] = (codes[expected] ?? 0) + 1;
}
const named = new Set(cases.filter(({ ok }) => ok).map(({ expected }) => expected));
const notReached = [...Object.keys(refusalReasons), ...Object.keys(failures)].filter((code) => !named.has(code));
const ok =
  forged.accepted === 0 &&
  forged.honestAccepted === forged.honestOffered &&
  cases.every((result) => result.ok) &&
  notReached.length === 0;
const report = {
  ok,
  tokens: forged.tokens,
  accepted: forged.accepted,
  controls: { offered: forged.honestOffered, accepted: forged.honestAccepted },
  seed,
  codes,
  notReached,
  cases,
};
if (values.json === true) console.log(JSON.stringify(report));
else {
  for (const result of cases) {
    const { name, verdict, expected, control } = result;
    console.log(`${result.ok ? "ok  " : "FAIL"} ${expected.padEnd(18)} ${name} (got ${verdict}, control ${control})`);
  }
  console.log(`${forged.tokens} forged consents, ${forged.accepted} accepted; refused as`, codes);
  console.log(`${forged.honestAccepted} of ${forged.honestOffered} honest ones accepted`);
  console.log(
    ok
      ? "all forgeries were named"
      : `NOT OK${notReached.length > 0 ? `: no case reaches ${notReached.join(", ")}` : ""}`,
  );
}
process.exitCode = ok ? 0 : 1;
