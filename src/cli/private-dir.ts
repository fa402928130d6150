import { randomUUID } from "node:crypto";
import { chmod, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { syncDirectory } from "../device/platform/durable-file.ts";

const PRIVATE_DIR = 0o700;
const PRIVATE_FILE = 0o600;

/** The folder that `--home` names, or the usual one of this user. */
export function homeDir(
  given: string | undefined,
  role: "owner" | "recipient" | "requester",
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (given !== undefined) return resolve(given);
  const data = environment.XDG_DATA_HOME ?? join(environment.HOME ?? homedir(), ".local/share");
  return join(data, "doorward", role);
}

export async function makePrivateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: PRIVATE_DIR });
  await chmod(dir, PRIVATE_DIR);
}

/** Writes a file that only its user can read, so that a power cut leaves the old bytes or the new ones. */
export async function writePrivateFile(path: string, bytes: Uint8Array | string): Promise<void> {
  await replaceFile(path, bytes, PRIVATE_FILE);
}

/** Writes what a person asked for (a film, a card); an existing file is replaced in one step. */
export async function writeOutputFile(path: string, bytes: Uint8Array | string): Promise<void> {
  await replaceFile(path, bytes, 0o666);
}

async function replaceFile(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const draft = await writeDraft(path, bytes, mode);
  try {
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Publishes a file under a name that must not exist yet: two processes that try at once see one true and one false.
 * @returns false when the name was taken.
 */
export async function claimPrivateFile(path: string, bytes: Uint8Array | string): Promise<boolean> {
  const draft = await writeDraft(path, bytes, PRIVATE_FILE);
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  await syncDirectory(dirname(path));
  return true;
}

async function writeDraft(path: string, bytes: Uint8Array | string, mode: number): Promise<string> {
  const draft = join(dirname(path), `.${randomUUID()}.draft`);
  const file = await open(draft, "wx", mode).catch((error: NodeJS.ErrnoException) => {
    error.path = error.code === "ENOENT" ? dirname(path) : path; // nobody knows the draft's name
    throw error;
  });
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(dir)).toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
