import { readFileSync } from "node:fs";
import { join } from "node:path";
import { httpGet } from "../../src/device/mirror/http-get.ts";
import { mirrorPaths } from "../../src/device/mirror/mirror-paths.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import type { IndexedClip } from "../../src/owner/clip-index.ts";
import { type HomeRequest, requestsFor } from "../../src/owner/requests/match.ts";
import { readU32 } from "../../src/protocol/bytes.ts";
import { covers, type Place } from "../../src/protocol/register/area.ts";
import {
  type FollowedRegister,
  followRegister,
  type RegisterMemory,
  readOpenRequests,
} from "../../src/protocol/register/follow-register.ts";
import { parseCheckpointText } from "../../src/protocol/tlog/checkpoint.ts";
import { parseNote } from "../../src/protocol/tlog/note.ts";
import { CHECKPOINT_PATH, type TileSource } from "../../src/protocol/tlog/tiles.ts";
import type { Plan, PlannedHome, PlannedRequest, Silence } from "./plan.ts";
import { seededCrypto, sharedVerifying } from "./seeded-crypto.ts";
import type { Services } from "./services.ts";

export const FETCH_MINUTES = 30;
const MINUTE_MS = 60_000;
/** Two kilometres to the north: further than the widest area reaches. */
const AWAY_FROM_AREA = 1_800;
const WHOLE_FILE = 32 * 1024 * 1024;

export interface SilentHome extends PlannedHome {
  readonly request: PlannedRequest;
}

/** All homes but the whole daemons: when they copy the log, and what their apps make of it. */
export class BulkHomes {
  readonly #services: Services;
  readonly #plan: Plan;
  readonly #silence: Silence;
  readonly #sharers: ReadonlySet<number>;
  readonly #overHttp: ReadonlySet<number>;
  readonly #byMinute: readonly (readonly PlannedHome[])[];
  readonly #clips = new Map<string, IndexedClip>();
  readonly #seed: number;
  readonly #crypto = sharedVerifying(nodeCrypto);
  #copied = 0;
  #memory: RegisterMemory | null = null;
  #followed: FollowedRegister | null = null;

  constructor(
    services: Services,
    plan: Plan,
    silence: Silence,
    sharers: ReadonlySet<number>,
    options: { readonly seed: number; readonly overHttp: number },
  ) {
    this.#services = services;
    this.#plan = plan;
    this.#silence = silence;
    this.#sharers = sharers;
    this.#seed = options.seed;
    const copying = plan.homes.filter((home) => !plan.whole.includes(home.index) && this.#hasDevice(home));
    this.#overHttp = new Set(plan.homes.slice(0, options.overHttp).map(({ index }) => index));
    this.#byMinute = Array.from({ length: FETCH_MINUTES }, (_, minute) =>
      copying.filter(({ index }) => minuteOf(options.seed, index) === minute),
    );
  }

  /** Every home whose fixed minute this is copies what is new, the same way as the doorbell does. */
  async copy(minute: number): Promise<void> {
    const { registerTap, begun, publicDir } = this.#services;
    const checkpoint = new Uint8Array(readFileSync(join(publicDir, CHECKPOINT_PATH)));
    const { size } = parseCheckpointText(parseNote(checkpoint).text);
    const paths = [CHECKPOINT_PATH, ...mirrorPaths(this.#copied, size).map(({ path }) => path)];
    for (const { index } of this.#byMinute[minute] ?? []) {
      for (const path of paths) {
        if (!this.#overHttp.has(index)) registerTap.note(path, index);
        else await httpGet(`http://127.0.0.1:${begun.ports.register}/${path}`, WHOLE_FILE, AbortSignal.timeout(30_000));
      }
    }
    if (minute === FETCH_MINUTES - 1) this.#copied = size;
    registerTap.endMinute();
  }

  /** What all apps do when they open: the whole log up to its newest checkpoint, verified. It is the same for all of them. */
  async follow(): Promise<void> {
    const { clock, publicDir } = this.#services;
    const source: TileSource = { get: (path) => Promise.resolve(new Uint8Array(readFileSync(join(publicDir, path)))) };
    const nowSeconds = clock.nowSeconds();
    const followed = await followRegister(nodeCrypto, this.#services.policy(), this.#memory, source, { nowSeconds });
    this.#memory = followed.memory;
    this.#followed = followed;
  }

  /** Every app compares every open request with its own home. @returns Homes that this request fits. */
  match(asked: PlannedRequest): SilentHome[] {
    const followed = this.#followed;
    if (followed === null) throw new Error("nothing was followed yet");
    const { clock } = this.#services;
    const open = readOpenRequests(nodeCrypto, followed.memory, clock.nowSeconds());
    const areas = open.map(({ entry }) => entry.statement.payload.area);
    const near = this.#plan.homes.filter((home) => {
      const place = this.#placeOf(home);
      return areas.some((area) => covers(area, place));
    });
    return near
      .filter((home) =>
        this.#found(home).some(({ request, clips }) => request.window.end === asked.window.end && clips.length > 0),
      )
      .map((home) => ({ ...home, request: asked }));
  }

  /** What the app of a home shows for this request. */
  shown(home: PlannedHome, asked: PlannedRequest): HomeRequest | null {
    return this.#found(home).find(({ request }) => request.window.end === asked.window.end) ?? null;
  }

  #found(home: PlannedHome): HomeRequest[] {
    if (this.#followed === null) return [];
    const { logKey, witnessKey } = this.#services.begun;
    const register = { logKey, witnesses: [witnessKey], quorum: 1, url: null };
    const clips = this.#clipsOf(home);
    const synced = {
      clips,
      registers: [{ outcome: "followed" as const, register, followed: this.#followed, doorbell: "none" as const }],
    };
    return requestsFor(this.#crypto, synced, this.#placeOf(home), this.#services.clock.nowSeconds());
  }

  #isSilent({ index, matching }: PlannedHome): boolean {
    return matching.length > 0 && !this.#sharers.has(index);
  }

  #hasDevice(home: PlannedHome): boolean {
    return this.#silence !== "no-device" || !this.#isSilent(home);
  }

  #placeOf(home: PlannedHome): Place {
    if (this.#silence !== "outside-the-area" || !this.#isSilent(home)) return home.place;
    return { ...home.place, latitude: home.place.latitude + AWAY_FROM_AREA };
  }

  /** One clip in the middle of each window that it fits; a home that fits none has filmed at other times, which match nothing. */
  #clipsOf(home: PlannedHome): IndexedClip[] {
    const lacks = this.#silence === "no-clip" || this.#silence === "no-device";
    if (lacks && this.#isSilent(home)) return [];
    return home.matching.flatMap((request) => {
      const asked = this.#plan.requests[request];
      return asked === undefined ? [] : [this.#clip(home.index, asked)];
    });
  }

  #clip(home: number, { index, window }: PlannedRequest): IndexedClip {
    const name = `${home} ${index}`;
    const known = this.#clips.get(name);
    if (known !== undefined) return known;
    const fromMs = (window.start + 600) * 1_000;
    const times = {
      trigger: "motion",
      clock: "synced",
      fromMs,
      toMs: fromMs + 10_000,
      startMs: fromMs + 2_000,
      durationMs: 10_000,
    } as const;
    const clip = {
      clip: seededCrypto(this.#seed, `clip ${name}`).randomBytes(16),
      day: Math.floor(fromMs / 86_400_000),
      pinned: false,
      times,
      unknown: null,
    };
    this.#clips.set(name, clip);
    return clip;
  }
}

function minuteOf(seed: number, home: number): number {
  return readU32(seededCrypto(seed, `minute ${home}`).randomBytes(4), 0) % FETCH_MINUTES;
}

export const minuteMs = (minute: number): number => minute * MINUTE_MS;
