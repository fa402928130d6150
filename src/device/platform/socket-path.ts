import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname } from "node:path";

/** sockaddr_un holds 108 bytes, the last of them zero. */
const LONGEST_SOCKET_PATH_BYTES = 107;

export interface SocketPath {
  readonly path: string;
  /** Once the socket is connected, or the server has closed; may be called twice. */
  release(): void;
}

/** A path that bind(2) and connect(2) take: one that is too long goes by a descriptor of its folder. */
export function socketPath(path: string): SocketPath {
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH_BYTES) return { path, release: () => {} };
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  let isOpen = true;
  return {
    path: `/proc/self/fd/${folder}/${basename(path)}`,
    release() {
      if (isOpen) closeSync(folder);
      isOpen = false;
    },
  };
}
