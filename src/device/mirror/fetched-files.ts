import type { MirrorFolder } from "./mirror-folder.ts";

/** How much may come between two looks at the room. */
const SHARE_OF_ROOM = 8;

/** What one fetch of a register has written so far: never much more than there is room for, and nothing if it fails. */
export class FetchedFiles {
  readonly #folder: MirrorFolder;
  readonly #day: number;
  readonly #roomBytes: number;
  readonly #paths: string[] = [];
  #unlooked = 0;

  constructor(folder: MirrorFolder, day: number, roomBytes: number) {
    this.#folder = folder;
    this.#day = day;
    this.#roomBytes = roomBytes;
  }

  async take(path: string, bytes: Uint8Array): Promise<void> {
    await this.#folder.write(path, bytes, this.#day);
    this.#paths.push(path);
    this.#unlooked += bytes.length;
    if (this.#unlooked <= this.#roomBytes / SHARE_OF_ROOM) return;
    this.#unlooked = 0;
    await this.#folder.keepWithin(this.#roomBytes);
  }

  async remove(): Promise<void> {
    for (const path of this.#paths) await this.#folder.remove(path);
  }
}
