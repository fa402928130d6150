import { setImmediate as nextTurn } from "node:timers/promises";
import { toHex } from "../protocol/bytes.ts";
import { LANES } from "../protocol/clip-keys.ts";
import { encodeClosingMeta, encodeOpeningMeta } from "../protocol/meta.ts";
import type { Clock } from "./platform/clock.ts";
import { codeOf } from "./platform/error-code.ts";
import type { Log } from "./platform/logger.ts";
import type { NoticeBus } from "./platform/notices.ts";
import type { Fragment, Recording, Trigger } from "./recorder/recording.ts";
import type { ClipOpening, DayPublicKey, OpenClip } from "./vault/types.ts";

export interface FilmingPorts {
  readonly clock: Pick<Clock, "synced" | "nowMs" | "monotonicMs">;
  readonly log: Log;
  readonly notices: NoticeBus;
  readonly recorder: { record(trigger: Trigger, signal?: AbortSignal): Recording | null };
  readonly vault: { openClip(opening: ClipOpening): Promise<OpenClip> };
  /** Told who rang, as an MP4 of one picture; it belongs to whoever is told. */
  readonly onRingPicture?: (clip: string, atMs: number, picture: Uint8Array) => void;
  /** Keys of the day of every member; none means that nobody could ever open the clip, so nothing is recorded. */
  readonly recipients: () => Promise<readonly DayPublicKey[]>;
}

/** Sound waits for the picture of its second, so that the card syncs once for both; this is two seconds of sound. */
const MOST_HELD = 4;

interface Durations {
  readonly video: number[];
  readonly audio: number[];
}

/** A recording on its way into a clip. */
interface Take {
  readonly recording: Recording;
  readonly retriggersMs: number[];
  /** Settles once it is open; never, where it cannot be opened. */
  readonly clip: Promise<string>;
}

/**
 * From a trigger to a sealed clip: takes the recorder's fragments and hands each to the vault, waiting for the card.
 * What would date a visit goes to the log at debug only: a journal on the card must not tell when somebody rang.
 */
export class Filming {
  readonly #ports: FilmingPorts;
  readonly #underWay = new Set<Promise<void>>();
  /** Since when each answer of the card is awaited; the oldest first. */
  readonly #awaited = new Set<{ readonly sinceMs: number }>();
  #latest: Take | null = null;

  constructor(ports: FilmingPorts) {
    this.#ports = ports;
  }

  /** Begins a clip, or makes the one being recorded longer. */
  trigger(trigger: Trigger): void {
    const end = new AbortController();
    const recording = this.#ports.recorder.record(trigger, end.signal);
    if (recording === null) {
      this.#refuse("camera-off");
      return;
    }
    if (recording === this.#latest?.recording) {
      this.#latest.retriggersMs.push(Math.round(recording.durationSoFarMs));
      this.#ports.log.debug("clip extended", { trigger });
      if (trigger === "ring") void this.#showWhoRang(this.#latest, this.#ports.clock.nowMs());
      return;
    }
    const retriggersMs: number[] = [];
    let opened: (clip: string) => void = () => {};
    const clip = new Promise<string>((resolve) => {
      opened = resolve;
    });
    this.#latest = { recording, retriggersMs, clip };
    if (trigger === "ring") void this.#showWhoRang(this.#latest, recording.triggeredAtMs);
    const filming = this.#film(recording, retriggersMs, opened)
      .catch((error: unknown) => {
        this.#ports.log.error("clip lost", { error: codeOf(error) });
        this.#refuse(codeOf(error));
      })
      .finally(() => {
        end.abort();
        void recording.thumbnail().then((picture) => picture?.fill(0)); // also of a clip that could not be opened
      });
    this.#underWay.add(filming);
    void filming.then(() => this.#underWay.delete(filming));
  }

  /** How long the card has owed an answer; 0 when it owes none. */
  get cardSilentMs(): number {
    const [oldest] = this.#awaited;
    return oldest === undefined ? 0 : this.#ports.clock.monotonicMs() - oldest.sinceMs;
  }

  /** Settles when every clip under way is closed. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #film(recording: Recording, retriggersMs: readonly number[], opened: (clip: string) => void): Promise<void> {
    const recipients = await this.#ports.recipients();
    if (recipients.length === 0) {
      this.#refuse("no-member");
      return;
    }
    const clip = await this.#open(recording, recipients);
    opened(toHex(clip.id));
    this.#ports.notices.emit("clipOpened", { clip: toHex(clip.id), trigger: recording.trigger });
    const stills = this.#keepThumbnail(recording, clip);
    try {
      const durations: Durations = { video: [], audio: [] };
      let held: Fragment[] = [];
      for await (const fragment of recording.fragments) {
        held.push(fragment);
        if (fragment.lane === "audio" && held.length < MOST_HELD) continue;
        await this.#keep(clip, held, durations);
        held = [];
      }
      await this.#keep(clip, held, durations);
      await stills;
      await this.#close(recording, clip, durations, retriggersMs);
    } catch (error) {
      // A card that refuses has ended the clip already; what was acknowledged before is kept.
      this.#ports.log.error("clip ended early", { clip: toHex(clip.id), code: codeOf(error) });
      this.#ports.notices.emit("clipSealed", { clip: toHex(clip.id), closed: "cut" });
    }
  }

  /** Together, so that one write, one sync and one commit serve them all. */
  async #keep(clip: OpenClip, fragments: readonly Fragment[], durations: Durations): Promise<void> {
    await this.#answered(Promise.all(fragments.map(({ lane, bytes }) => clip.append(LANES[lane], bytes))));
    for (const fragment of fragments) {
      fragment.giveBack();
      if (!fragment.init) durations[fragment.lane].push(Math.round(fragment.durationMs));
    }
  }

  async #open(
    { trigger, triggeredAtMs, preRollMs }: Recording,
    recipients: readonly DayPublicKey[],
  ): Promise<OpenClip> {
    const clock = this.#ports.clock.synced() ? "synced" : "unsynced";
    const meta = encodeOpeningMeta({
      trigger,
      startMs: Math.max(0, Math.round(triggeredAtMs)),
      clock,
      preRollMs: Math.round(preRollMs),
    });
    return this.#answered(this.#ports.vault.openClip({ recipients, meta }));
  }

  async #answered<T>(answer: Promise<T>): Promise<T> {
    const wait = { sinceMs: this.#ports.clock.monotonicMs() };
    this.#awaited.add(wait);
    try {
      return await answer;
    } finally {
      this.#awaited.delete(wait);
    }
  }

  async #keepThumbnail(recording: Recording, clip: OpenClip): Promise<void> {
    try {
      const picture = await recording.thumbnail();
      if (picture !== null) await clip.append(LANES.thumbnail, picture);
    } catch (error) {
      this.#ports.log.warn("no thumbnail", { clip: toHex(clip.id), error: codeOf(error) });
    }
  }

  /** At once: also for a ring within a clip that runs already, as where the motion sensor saw the visitor come. */
  async #showWhoRang({ recording, clip }: Take, atMs: number): Promise<void> {
    await nextTurn(); // the clip's own beginning goes first
    try {
      const picture = await recording.newestPicture();
      if (picture !== null) this.#ports.onRingPicture?.(await clip, atMs, picture);
    } catch (error) {
      this.#ports.log.warn("no picture of who rang", { error: codeOf(error) });
    }
  }

  async #close(
    { closed }: Recording,
    clip: OpenClip,
    durations: Durations,
    retriggers: readonly number[],
  ): Promise<void> {
    const durationMs = durations.video.reduce((sum, ms) => sum + ms, 0);
    await this.#answered(clip.close(closed, encodeClosingMeta({ durationMs, ...durations, retriggers })));
    const id = toHex(clip.id);
    this.#ports.notices.emit("clipSealed", { clip: id, closed });
  }

  #refuse(reason: string): void {
    this.#ports.log.debug("recording refused", { reason });
    this.#ports.notices.emit("recordingRefused", { reason });
  }
}
