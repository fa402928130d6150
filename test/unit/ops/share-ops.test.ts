import { describe, expect, test } from "vitest";
import type { Clearance } from "../../../src/device/consent/clearance.ts";
import type { LinkAnswer, RequestHandler, Role } from "../../../src/device/link/link-ports.ts";
import { answerShareOps } from "../../../src/device/ops/share-ops.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { equalBytes } from "../../../src/protocol/bytes.ts";
import { linkOps, SHARE_PART_BYTES } from "../../../src/protocol/link-ops.ts";
import { clearanceFor } from "../../fakes/clearance.ts";
import { makeConsentWorld } from "../../fakes/consent-world.ts";

const token = new Uint8Array(16).fill(7);
const archive = Uint8Array.from({ length: SHARE_PART_BYTES + 5 }, (_, i) => i % 251);

/** A doorbell with one share under way; `holds` false: its clearance was withdrawn. */
async function askingFor(offset: number, asking: { token?: Uint8Array; role?: Role; holds?: boolean } = {}) {
  const world = await makeConsentWorld(nodeCrypto);
  const clearance = clearanceFor(nodeCrypto, await world.submission(token), () => null);
  const handlers = new Map<string, RequestHandler>();
  const unasked = (): never => expect.fail("nobody asked for that");
  answerShareOps(
    { onRequest: (op, handler) => void handlers.set(op, handler) },
    {
      desk: {
        challenge: unasked,
        submit: unasked,
        waitingSubmission: unasked,
        revoke: unasked,
        shares: unasked,
        clearanceOf: (asked) => (equalBytes(asked, token) ? clearance : null),
      },
      publisher: {
        readShare: (given: Clearance, from, to) => {
          expect(given).toBe(clearance);
          const holds = asking.holds ?? true;
          return Promise.resolve(holds ? { bytes: archive.slice(from, to), length: archive.length } : null);
        },
      },
    },
  );
  const args = linkOps["share-part"].args.write({ token: asking.token ?? token, offset });
  const member = { signKey: new Uint8Array(32), role: asking.role ?? "owner" };
  const request = { op: "share-part", args, attachment: new Uint8Array(), member };
  return handlers.get("share-part")?.(request, new AbortController().signal);
}

const bytesOf = (answer: LinkAnswer | undefined): number =>
  answer !== undefined && "result" in answer ? (answer.attachment?.length ?? 0) : -1;

describe("a share that an owner carries by hand", () => {
  test("is read in parts of at most 512 KiB, the last one the rest", async () => {
    expect(bytesOf(await askingFor(0))).toBe(SHARE_PART_BYTES);
    expect(await askingFor(SHARE_PART_BYTES)).toEqual({
      result: { length: archive.length },
      attachment: archive.slice(-5),
    });
  });

  test.each([
    ["a viewer asks", { role: "viewer" }, "link/not-an-owner"],
    ["the token has no clearance", { token: new Uint8Array(16) }, "link/share-not-under-way"],
    ["its clearance no longer holds", { holds: false }, "link/share-not-under-way"],
  ] as const)("stays where it is when %s", async (_when, asking, code) => {
    expect(await askingFor(0, asking)).toEqual({ rejected: code });
  });
});
