import type { Phase } from "./moments.ts";

export type Victim = "daemon" | "mailbox" | "recipient";

/** What the kills of one or more households came to. */
export interface Tally {
  kills: number;
  /** Of a daemon before it was ready; beside the others. */
  killsInStart: number;
  readonly victims: Record<Victim, number>;
  /** Where the kill was aimed at. */
  readonly phases: Record<Phase, number>;
  /** What the disk of a killed daemon told that it was in the middle of. */
  readonly struck: Record<Phase, number>;
  acknowledged: number;
  /** Records in a clip's file that were not yet acknowledged and did not survive. */
  unacknowledgedGone: number;
  checks: number;
  sharesConsented: number;
  sharesArrived: number;
  sharesUndone: number;
  readonly restartMs: number[];
  /** From the end of a cut clip's picture to the kill that cut it. */
  readonly missingFilmMs: number[];
  /** Sentences; all empty is what the run is for. */
  readonly faults: Record<Fault, string[]>;
}

export type Fault =
  | "lost"
  | "corrupt"
  | "check"
  | "doubleReleases"
  | "wrongShares"
  | "missingShares"
  | "orphans"
  | "broken";

export const emptyTally = (): Tally => ({
  kills: 0,
  killsInStart: 0,
  victims: { daemon: 0, mailbox: 0, recipient: 0 },
  phases: { recording: 0, closing: 0, consenting: 0, delivering: 0 },
  struck: { recording: 0, closing: 0, consenting: 0, delivering: 0 },
  acknowledged: 0,
  unacknowledgedGone: 0,
  checks: 0,
  sharesConsented: 0,
  sharesArrived: 0,
  sharesUndone: 0,
  restartMs: [],
  missingFilmMs: [],
  faults: {
    lost: [],
    corrupt: [],
    check: [],
    doubleReleases: [],
    wrongShares: [],
    missingShares: [],
    orphans: [],
    broken: [],
  },
});

export function addTally(sum: Tally, part: Tally): void {
  sum.kills += part.kills;
  sum.killsInStart += part.killsInStart;
  sum.acknowledged += part.acknowledged;
  sum.unacknowledgedGone += part.unacknowledgedGone;
  sum.checks += part.checks;
  sum.sharesConsented += part.sharesConsented;
  sum.sharesArrived += part.sharesArrived;
  sum.sharesUndone += part.sharesUndone;
  sum.restartMs.push(...part.restartMs);
  sum.missingFilmMs.push(...part.missingFilmMs);
  for (const key of ["victims", "phases", "struck"] as const) addCounts(sum[key], part[key]);
  for (const [fault, sentences] of Object.entries(part.faults)) sum.faults[fault as Fault].push(...sentences);
}

function addCounts(sum: Record<string, number>, part: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(part)) sum[name] = (sum[name] ?? 0) + count;
}
