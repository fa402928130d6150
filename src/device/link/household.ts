import { equalBytes } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { LinkKeys } from "../../protocol/pairing-handshake.ts";
import { LinkError } from "./errors.ts";
import { type ChangeOutcome, type ChangeProposal, HouseholdChanges } from "./household-changes.ts";
import {
  emptyHousehold,
  MAX_DAY_KEYS,
  MAX_MEMBERS,
  readHousehold,
  type StoredHousehold,
  type StoredMember,
  writeHousehold,
} from "./household-file.ts";
import type { ClipRecipient, HouseholdView, Member } from "./link-ports.ts";

/**
 * Who belongs to this home. In memory and on disk at once: every change is durable before it takes effect,
 * and changes happen one after another.
 */
export class Household {
  readonly #crypto: Crypto;
  readonly #path: string;
  readonly #changes: HouseholdChanges;
  #stored: StoredHousehold = emptyHousehold;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(crypto: Crypto, path: string, deviceKey: Uint8Array) {
    this.#crypto = crypto;
    this.#path = path;
    this.#changes = new HouseholdChanges(crypto, deviceKey);
  }

  /** @throws LinkError `link/household-damaged`. */
  async load(): Promise<void> {
    this.#stored = await readHousehold(this.#path);
  }

  /** Paired phones, also those that no owner has admitted yet. */
  get links(): readonly StoredMember[] {
    return this.#stored.members;
  }

  get isEmpty(): boolean {
    return this.#stored.members.length === 0;
  }

  view(): HouseholdView {
    const { state, quorum, members, removed } = this.#stored;
    return { state, quorum, removed, members: members.flatMap((stored) => asMember(stored) ?? []) };
  }

  /** Changes that lack signatures, for co-signers. They live in memory: a restart forgets them. */
  proposals(): readonly ChangeProposal[] {
    return this.#changes.waiting();
  }

  /**
   * The first phone becomes the owner; later ones wait for the owners' signatures. A member's key cannot pair again:
   * pairing does not prove that one holds it.
   * @throws LinkError `link/already-member`, `link/household-full`.
   */
  pair(signKey: Uint8Array, keys: LinkKeys): Promise<"owner" | "waiting"> {
    return this.#inTurn(async () => {
      const { members, state } = this.#stored;
      const before = members.find((member) => equalBytes(member.signKey, signKey));
      if (before !== undefined && before.role !== "none") {
        throw new LinkError("link/already-member", "this key is a member already");
      }
      const others = members.filter((member) => member !== before);
      // Phones that nobody admitted make room first, so that abandoned invitations never fill the household.
      const kept = others.length < MAX_MEMBERS ? others : others.filter((member) => member.role !== "none");
      if (kept.length >= MAX_MEMBERS) throw new LinkError("link/household-full", `${MAX_MEMBERS} members are the most`);
      const isFirst = members.length === 0;
      const paired: StoredMember = { signKey, ...keys, role: isFirst ? "owner" : "none", dayKeys: null };
      await this.#save({ ...this.#stored, state: isFirst ? state + 1 : state, members: [...kept, paired] });
      return isFirst ? "owner" : "waiting";
    });
  }

  /** Takes one owner's signature over a change; applies the change once enough owners have signed the same payload. */
  change(envelope: Uint8Array): Promise<ChangeOutcome> {
    return this.#inTurn(async () => {
      const outcome = this.#changes.add(envelope, this.#stored);
      if (outcome.outcome === "applied") await this.#save(outcome.household);
      return outcome;
    });
  }

  /**
   * Replaces a member's day keys. Each is tried once, here: a key of small order cannot be sealed to, so one in a viewer's
   * upload would end every recording and every audit row. @throws ProtocolError `key/weak`; the old keys stay.
   * @returns Whether nobody in the household had any keys before.
   */
  uploadDayKeys(signKey: Uint8Array, firstDay: number, keys: readonly Uint8Array[]): Promise<boolean> {
    return this.#inTurn(async () => {
      if (keys.length === 0 || keys.length > MAX_DAY_KEYS) throw new RangeError("between 1 and 366 day keys");
      const secret = this.#crypto.randomBytes(32);
      for (const key of keys) this.#crypto.agree(secret, key);
      const isFirst = this.#stored.members.every(({ dayKeys }) => dayKeys === null);
      const members = this.#stored.members.map((member) =>
        equalBytes(member.signKey, signKey) ? { ...member, dayKeys: { firstDay, keys: [...keys] } } : member,
      );
      await this.#save({ ...this.#stored, members });
      return isFirst;
    });
  }

  /**
   * The key for each member's wrap of a clip that opens now. Without a synced clock, or without a key for the day, it is
   * the last one uploaded: it lies later in the member's chain, so it always opens.
   */
  recipientsForClip(nowDay: number, clockSynced: boolean): Promise<readonly ClipRecipient[]> {
    return this.#inTurn(async () => {
      if (clockSynced && nowDay > this.#stored.lastDay) await this.#noteDay(nowDay);
      return this.dayKeys(nowDay, clockSynced);
    });
  }

  /** The same keys without noting the day, for what is sealed beside clips. */
  dayKeys(nowDay: number, clockSynced: boolean): readonly ClipRecipient[] {
    const day = Math.max(nowDay, this.#stored.lastDay);
    return this.#stored.members.flatMap((member) => {
      if (member.role === "none" || member.dayKeys === null) return [];
      const { firstDay, keys } = member.dayKeys;
      const exact = clockSynced ? keys[day - firstDay] : undefined;
      const publicKey = exact ?? keys.at(-1);
      if (publicKey === undefined) return [];
      return [{ day: exact === undefined ? firstDay + keys.length - 1 : day, publicKey }];
    });
  }

  /** Makes a waiting phone an owner by the recovery words' claim: alone it can decide from then on. */
  recover(signKey: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const { members, state } = this.#stored;
      const next = members.map((member) =>
        equalBytes(member.signKey, signKey) ? { ...member, role: "owner" as const } : member,
      );
      await this.#save({ ...this.#stored, state: state + 1, quorum: 1, members: next });
    });
  }

  /** Forgets everybody. The state goes on counting, so that nothing signed for the old household fits the new one. */
  reset(): Promise<void> {
    return this.#inTurn(async () => {
      const { state, lastDay } = this.#stored;
      await this.#save({ ...emptyHousehold, state: state + 1, lastDay });
    });
  }

  /** A full card must not stop the newest recording, so the day counts from now on whether or not it could be written. */
  async #noteDay(lastDay: number): Promise<void> {
    const next = { ...this.#stored, lastDay };
    await this.#save(next).catch(() => {
      this.#stored = next;
    });
  }

  async #save(next: StoredHousehold): Promise<void> {
    await writeHousehold(this.#path, next);
    if (next.state !== this.#stored.state) this.#changes.forget();
    this.#stored = next;
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run, run);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

function asMember({ signKey, role }: StoredMember): Member | undefined {
  return role === "none" ? undefined : { signKey, role };
}
