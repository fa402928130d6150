import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openLedger } from "../../src/device/audit/ledger.ts";
import { ConsentDesk } from "../../src/device/consent/consent-desk.ts";
import { dialOutsideBroker } from "../../src/device/link/outside-broker.ts";
import { Secret } from "../../src/device/platform/secret.ts";
import { Outbox } from "../../src/device/publisher/outbox.ts";
import { Publisher } from "../../src/device/publisher/publisher.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import type { Signer } from "../../src/protocol/envelope.ts";
import { type ConsentWorld, makeConsentWorld } from "../fakes/consent-world.ts";
import { sealClip } from "../fakes/sealed-clip.ts";
import type { Beginning } from "./services.ts";
import { keptLog } from "./services.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export const UNDO_MS = 600_000;
export const TOKEN_SECONDS = 24 * 60 * 60;

interface Parts {
  readonly world: ConsentWorld;
  readonly desk: ConsentDesk;
  readonly clock: VirtualClock;
  readonly close: () => Promise<void>;
}

/** The part of a simulated home that a consent passes: the desk, its stores on a disk, and the publisher. */
export class HomeDesk {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(
    dir: string,
    {
      crypto,
      clock,
      begun,
      quorum,
      log,
      deviceSeed,
    }: {
      readonly crypto: Crypto;
      readonly clock: VirtualClock;
      readonly begun: Pick<Beginning, "card" | "secrets">;
      readonly quorum: number;
      readonly deviceSeed: Uint8Array;
      readonly log: string[];
    },
  ): Promise<HomeDesk> {
    mkdirSync(dir, { recursive: true });
    const clip = await sealClip(crypto, deviceSeed);
    const world = await makeConsentWorld(crypto, { clip, recipient: begun });
    world.household = { ...world.household, quorum };
    const ledger = openLedger(join(dir, "ledger.db"), clock);
    const outbox = new Outbox(ledger, crypto);
    const base = { crypto, clock, log: keptLog(clock, log) };
    const publisher = new Publisher({
      ...base,
      vault: world.shelf,
      outbox,
      dial: (inbox, signal) => dialOutsideBroker(inbox, signal, crypto),
      deviceSeed: new Secret(deviceSeed),
    });
    const desk = new ConsentDesk(
      { device: world.device, pendingFile: join(dir, "pending.bin"), undoMs: UNDO_MS },
      {
        ...base,
        household: () => world.household,
        vault: world.shelf,
        ledger,
        audit: { append: () => 0 },
        auditReaders: () => [],
        accepted: outbox,
        publisher,
      },
    );
    const ending = new AbortController();
    await desk.start(ending.signal);
    return new HomeDesk({
      world,
      desk,
      clock,
      async close() {
        ending.abort();
        await desk.stop();
        ledger.close();
      },
    });
  }

  get owners(): readonly [Signer, Signer] {
    const { anna, ben } = this.#parts.world;
    return [anna, ben];
  }

  /** Signs an answer to a request and hands it to the doorbell. */
  async consentTo(request: Uint8Array): Promise<{ readonly token: Uint8Array; readonly outcome: string }> {
    const { world, desk, clock } = this.#parts;
    const token = world.crypto.randomBytes(16);
    const submission = await world.submission(desk.challenge(), {
      token,
      basis: "voluntary",
      request,
      expires: clock.nowSeconds() + TOKEN_SECONDS,
    });
    const { outcome } = await desk.submit(submission, this.owners[0].publicKey);
    return { token, outcome };
  }

  async undo(token: Uint8Array): Promise<void> {
    const { world, desk } = this.#parts;
    if (!(await desk.revoke(await world.revocation(token)))) throw new Error("the undo was refused");
  }

  get states(): readonly string[] {
    return this.#parts.desk.shares().map(({ state }) => state);
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}
