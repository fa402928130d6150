/** ustar (POSIX.1-1988) with nothing left to choose: one archive for one list of files, so a reader can compare. */

import { concatBytes, equalBytes, fromUtf8, utf8 } from "./bytes.ts";

export interface TarFile {
  readonly name: string;
  readonly content: Uint8Array;
}

export const TAR_BLOCK_BYTES = 512;

/** Two zero blocks. */
export const TAR_END_BYTES = 2 * TAR_BLOCK_BYTES;

const NAME_BYTES = 100;
const CHECKSUM_OFFSET = 148;

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");

export const paddedLength = (length: number): number => Math.ceil(length / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;

/** Header of a plain file: mode 0644, and zero for owner, group and time. */
export function tarHeader(name: string, length: number): Uint8Array {
  const header = new Uint8Array(TAR_BLOCK_BYTES);
  const put = (offset: number, text: string): void => header.set(utf8(text), offset);
  if (utf8(name).length > NAME_BYTES) throw new RangeError(`file name longer than ustar carries: ${name}`);
  put(0, name);
  put(100, `${octal(0o644, 7)}\0`);
  put(108, `${octal(0, 7)}\0`);
  put(116, `${octal(0, 7)}\0`);
  put(124, `${octal(length, 11)}\0`);
  put(136, `${octal(0, 11)}\0`);
  put(CHECKSUM_OFFSET, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  put(CHECKSUM_OFFSET, `${octal(checksum, 6)}\0 `);
  return header;
}

export function writeTar(files: readonly TarFile[]): Uint8Array {
  const blocks = files.flatMap(({ name, content }) => [
    tarHeader(name, content.length),
    content,
    new Uint8Array(paddedLength(content.length) - content.length),
  ]);
  return concatBytes(...blocks, new Uint8Array(TAR_END_BYTES));
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Name and length of a header's file, or null unless {@link tarHeader} would write the very same header. */
function readHeader(header: Uint8Array): { readonly name: string; readonly length: number } | null {
  const nameEnd = header.subarray(0, NAME_BYTES).indexOf(0);
  const name = fromUtf8(header.subarray(0, nameEnd < 0 ? NAME_BYTES : nameEnd));
  const length = Number.parseInt(fromUtf8(header.subarray(124, 135)), 8);
  if (!Number.isSafeInteger(length) || length < 0) return null;
  return equalBytes(tarHeader(name, length), header) ? { name, length } : null;
}

/** Files of an archive as {@link writeTar} writes it, sharing its memory; null for any other bytes. */
export function readTar(archive: Uint8Array): TarFile[] | null {
  const files: TarFile[] = [];
  let at = 0;
  while (at + TAR_END_BYTES < archive.length) {
    let header: ReturnType<typeof readHeader>;
    try {
      header = readHeader(archive.subarray(at, at + TAR_BLOCK_BYTES));
    } catch {
      return null;
    }
    if (header === null) return null;
    const start = at + TAR_BLOCK_BYTES;
    const end = start + header.length;
    at = start + paddedLength(header.length);
    if (at + TAR_END_BYTES > archive.length || !isZero(archive.subarray(end, at))) return null;
    files.push({ name: header.name, content: archive.subarray(start, end) });
  }
  return at + TAR_END_BYTES === archive.length && isZero(archive.subarray(at)) ? files : null;
}
