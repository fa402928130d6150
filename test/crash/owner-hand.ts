import { mqttConnector } from "../../src/cli/mqtt-port.ts";
import { Options } from "../../src/cli/options.ts";
import { OwnerHome } from "../../src/cli/owner-home.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { openClipSeed } from "../../src/owner/clip-seed.ts";
import { Doorbell } from "../../src/owner/doorbell.ts";
import { LinkClient } from "../../src/owner/link-client.ts";
import { type ConsentSubmission, makeConsent, makeRevocation } from "../../src/owner/make-consent.ts";
import type { OwnerState } from "../../src/owner/owner-state.ts";
import { verifyClip } from "../../src/owner/verify-clip.ts";
import { fromBase64url, fromHex, toHex, wipe } from "../../src/protocol/bytes.ts";
import { LANES } from "../../src/protocol/clip-keys.ts";
import { readStatement, type Signer } from "../../src/protocol/envelope.ts";
import { consentStatement } from "../../src/protocol/statements/consent.ts";

const CONSENT_LIFE_SECONDS = 86_400;
const HANG_UP_WITHIN_MS = 1000;

export interface SignedConsent {
  /** In hex, as its digest. */
  readonly token: string;
  readonly digest: string;
  readonly submission: ConsentSubmission;
}

export function ownerState(home: string): Promise<OwnerState> {
  return new OwnerHome({ options: new Options({ home }), environment: {} }).store.read();
}

/** The owner's key, connected to the doorbell for as long as one of its lives. */
export class OwnerHand {
  readonly doorbell: Doorbell;
  readonly #link: LinkClient;
  readonly #signer: Signer;
  readonly #state: OwnerState;
  readonly #deviceKey: Uint8Array;

  private constructor(link: LinkClient, signer: Signer, state: OwnerState) {
    this.#link = link;
    this.doorbell = new Doorbell(link);
    this.#signer = signer;
    this.#state = state;
    this.#deviceKey = fromBase64url(state.device?.deviceKey ?? "");
  }

  static async connect(home: string): Promise<OwnerHand> {
    const owner = new OwnerHome({ options: new Options({ home }), environment: {} });
    const ports = {
      crypto,
      store: owner.store,
      connect: mqttConnector(new AbortController().signal),
      timer: {
        after(ms: number, call: () => void) {
          const handle = setTimeout(call, ms).unref();
          return () => clearTimeout(handle);
        },
      },
    };
    const signer = await owner.signer();
    return new OwnerHand(await LinkClient.open(ports), signer, await owner.store.read());
  }

  async isCameraOn(): Promise<boolean> {
    return (await this.doorbell.ask("status", {})).result.camera === "on";
  }

  /** Closed clips with at least one fragment of picture, newest first, ids in hex. */
  async shareableClips(): Promise<string[]> {
    const clips = await this.doorbell.clips();
    return clips.filter(({ state, leaves }) => state === "sealed" && leaves.video > 1).map(({ clip }) => toHex(clip));
  }

  /** Signs a consent to all of the picture of a clip. */
  async sign(clip: string, card: Uint8Array): Promise<SignedConsent> {
    const id = fromHex(clip);
    const verified = verifyClip(crypto, this.#deviceKey, id, await this.doorbell.head(id));
    const { state: householdState } = await this.doorbell.household();
    const challenge = await this.doorbell.challenge();
    const seed = openClipSeed(crypto, this.#state, verified);
    const { token, submission } = await makeConsent(crypto, this.#signer, {
      deviceKey: this.#deviceKey,
      householdState,
      clip: verified,
      seed,
      lanes: [{ lane: LANES.video, first: 1, end: verified.manifest.leaves.video }],
      card,
      purpose: "crash run",
      basis: "own",
      challenge,
      expires: Math.floor(Date.now() / 1000) + CONSENT_LIFE_SECONDS,
      facts: null,
    });
    wipe(seed);
    const { digest } = readStatement(crypto, consentStatement, submission.consent);
    return { token: toHex(token), digest: toHex(digest), submission };
  }

  async undo(token: string): Promise<void> {
    await this.doorbell.revoke(await makeRevocation(crypto, this.#signer, this.#deviceKey, fromHex(token)));
  }

  /** Also when the doorbell was killed meanwhile. */
  async hangUp(): Promise<void> {
    let timeout: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timeout = setTimeout(resolve, HANG_UP_WITHIN_MS);
    });
    await Promise.race([this.#link.close().catch(() => {}), tooLong]);
    clearTimeout(timeout);
  }
}
