import { access, constants, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { byteSize } from "../words.ts";
import type { Check, Found } from "./finding.ts";

const KEY_FILE = "device.key";
/** What the system and the catalog need beside the clips. */
const SPARE_BYTES = 200_000_000;
/** Not `init`: where a partition is not mounted, a new key would be made under its place. */
const MOUNT_OR_SET_UP =
  "Mount its partition (`findmnt`). A new doorbell has none yet: `sudo /opt/doorward/scripts/install --setup`.";

export const diskCheck: Check = {
  topic: "disk",
  async look({ config: { dataDir, storage } }) {
    try {
      const { bavail, blocks, bsize } = await statfs(dataDir);
      const free = bavail * bsize;
      const found = `${byteSize(free)} free of ${byteSize(blocks * bsize)}, clips may take ${byteSize(storage.quotaBytes)}`;
      if (free < SPARE_BYTES) {
        return [{ level: "problem", found, where: dataDir, remedy: "Free some space, or lower `quota` in [storage]." }];
      }
      if (blocks * bsize < storage.quotaBytes + SPARE_BYTES) {
        return [
          {
            level: "note",
            found,
            where: dataDir,
            remedy:
              "The quota is larger than the disk: clips go earlier than you may expect. Lower `quota` in [storage].",
          },
        ];
      }
      return [{ level: "ok", found, where: dataDir }];
    } catch {
      return [{ level: "problem", found: "no data directory", where: dataDir, remedy: MOUNT_OR_SET_UP }];
    }
  },
};

export const permissionsCheck: Check = {
  topic: "permissions",
  async look({ config: { dataDir, values, recorder } }) {
    if (!(await allows(dataDir, constants.F_OK))) return [];
    const found: Found[] = [await keyFinding(dataDir)];
    const refusal = await access(dataDir, constants.W_OK).catch((error: NodeJS.ErrnoException) => error);
    if (refusal !== undefined) found.push(unwritable(refusal, dataDir));
    const hasPassword =
      recorder.source.kind === "rtsp" && URL.canParse(values.camera.url) && new URL(values.camera.url).password !== "";
    if (hasPassword)
      found.push({
        level: "note",
        found: "the configuration holds a camera's password",
        remedy: "Keep the file from others: `chmod 640`, group `doorward`.",
      });
    return found;
  },
};

export function unwritable({ code }: Pick<NodeJS.ErrnoException, "code">, where: string): Found {
  if (code === "EROFS") {
    return {
      level: "problem",
      found: "the card takes no writes",
      where,
      remedy: "It is mounted read-only, often after an error: look at `dmesg`, keep a copy, replace the card.",
    };
  }
  return {
    level: "problem",
    found: "the data directory cannot be written",
    where,
    remedy: "Run as the doorbell's user: `sudo -u doorward doorward doctor`.",
  };
}

async function keyFinding(dataDir: string): Promise<Found> {
  const where = join(dataDir, KEY_FILE);
  try {
    const { mode } = await stat(where);
    if (!(await allows(where, constants.R_OK))) {
      return {
        level: "problem",
        found: "the device key cannot be read",
        where,
        remedy: "Run as the doorbell's user: `sudo -u doorward doorward doctor`.",
      };
    }
    if ((mode & 0o077) === 0) return { level: "ok", found: "the device key is readable by its user only", where };
    return { level: "problem", found: "others can read the device key", where, remedy: `\`chmod 600 ${where}\`.` };
  } catch {
    return { level: "problem", found: "there is no device key", where, remedy: MOUNT_OR_SET_UP };
  }
}

async function allows(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
