import type { Crypto } from "../../protocol/crypto.ts";
import { covers, type Place } from "../../protocol/register/area.ts";
import { objectionTo, readOpenRequests } from "../../protocol/register/follow-register.ts";
import type { Request } from "../../protocol/register/statements/request.ts";
import { type IndexedClip, isWithin } from "../clip-index.ts";
import type { RegisterChoice } from "../owner-state.ts";
import { originOf } from "./registers.ts";
import type { Synced } from "./sync.ts";

const MS_PER_SECOND = 1_000;

/** A request whose area covers the home, checked: by rules, accreditation and every signature. */
export interface HomeRequest {
  /** Names the request, in a consent too. */
  readonly digest: Uint8Array;
  readonly request: Request;
  /** Place in the register's log. */
  readonly index: number;
  /** Unix seconds: when the register took it. */
  readonly at: number;
  readonly register: RegisterChoice;
  /** Clips that show anything of the window; none is a request like another. */
  readonly clips: readonly IndexedClip[];
}

/**
 * Requests that ask for what this home may have filmed, in the order of their registers' logs. Works on what is here already:
 * nothing is fetched and nothing is kept.
 */
export function requestsFor(crypto: Crypto, synced: Synced, place: Place, nowSeconds: number): HomeRequest[] {
  return synced.registers.flatMap((synced_) => {
    if (synced_.outcome === "failed") return [];
    const { register, followed } = synced_;
    return readOpenRequests(crypto, followed.memory, nowSeconds).flatMap((open): HomeRequest[] => {
      const { payload: request, digest } = open.entry.statement;
      if (!covers(request.area, place) || objectionTo(followed.book, open) !== null) return [];
      const [fromMs, toMs] = [request.window.start * MS_PER_SECOND, request.window.end * MS_PER_SECOND];
      const clips = synced.clips.filter((clip) => isWithin(clip, fromMs, toMs));
      return [{ digest, request, index: open.index, at: open.at, register, clips }];
    });
  });
}

export const registerName = ({ register }: Pick<HomeRequest, "register">): string => originOf(register);
