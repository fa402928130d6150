import { expect, test } from "vitest";
import type { OwnerStorage } from "../../../src/owner/owner-ports.ts";
import { type OwnerState, pairedDevice } from "../../../src/owner/owner-state.ts";
import { OwnerStore } from "../../../src/owner/owner-store.ts";
import { SharedCounter } from "../../../src/owner/shared-counter.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";

class Storage implements OwnerStorage {
  state: OwnerState | null = null;
  saves = 0;
  load = (): Promise<OwnerState | null> => Promise.resolve(this.state);
  compareAndSave(next: OwnerState, expectedRevision: number): Promise<boolean> {
    if ((this.state?.revision ?? 0) !== expectedRevision) return Promise.resolve(false);
    this.state = next;
    this.saves += 1;
    return Promise.resolve(true);
  }
}

async function pairedStore(storage = new Storage()): Promise<OwnerStore> {
  const store = new OwnerStore(storage);
  await store.create(portableCrypto, 1);
  const bytes = new Uint8Array(32);
  const keys = { toDeviceKey: bytes, toMemberKey: bytes, toDeviceTopic: bytes, toMemberTopic: bytes };
  await store.update((state) => ({ ...state, device: pairedDevice(bytes, "mqtt://a", keys, bytes) }));
  return store;
}

test("an owner who is there already is not overwritten", async () => {
  const storage = new Storage();
  const store = new OwnerStore(storage);
  expect(await store.create(portableCrypto, 1)).toBe(true);
  const before = storage.state;
  expect(await store.create(portableCrypto, 2)).toBe(false);
  expect(storage.state).toBe(before);
});

test("two programs that change the state at once lose neither change", async () => {
  const storage = new Storage();
  const [one, other] = [await pairedStore(storage), new OwnerStore(storage)];
  const pin = (store: OwnerStore, clip: string) =>
    store.update((state) => ({ ...state, pinnedSeeds: { ...state.pinnedSeeds, [clip]: "x" } }));
  await Promise.all([pin(one, "a"), pin(other, "b"), pin(one, "c"), pin(other, "d")]);
  expect(Object.keys(storage.state?.pinnedSeeds ?? {}).toSorted()).toEqual(["a", "b", "c", "d"]);
});

test("a change to nothing saves nothing", async () => {
  const storage = new Storage();
  const store = await pairedStore(storage);
  const before = storage.saves;
  await store.update((state) => state);
  expect(storage.saves).toBe(before);
});

test("without a doorbell every use of the link says so", async () => {
  const store = new OwnerStore(new Storage());
  await expect(store.read()).rejects.toMatchObject({ code: "owner/not-paired" });
  await store.create(portableCrypto, 1);
  await expect(store.device()).rejects.toMatchObject({ code: "owner/not-paired" });
});

test("two programs of one owner never send with the same counter, and a restart repeats none", async () => {
  const storage = new Storage();
  const store = await pairedStore(storage);
  const [one, other] = [new SharedCounter(store), new SharedCounter(new OwnerStore(storage))];
  const taken = await Promise.all(Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? one : other).reserve()));
  const afterRestart = await new SharedCounter(new OwnerStore(storage)).reserve();
  expect(new Set([...taken, afterRestart]).size).toBe(3001);
  expect(afterRestart).toBeGreaterThan(Math.max(...taken));
  expect(storage.saves, "the disk is written once in 1,024 messages").toBeLessThan(10);
});

test("a block that is given up is not used any more", async () => {
  const counter = new SharedCounter(await pairedStore());
  expect(await counter.reserve()).toBe(0);
  counter.abandonBlock();
  expect(await counter.reserve()).toBe(1024);
});
