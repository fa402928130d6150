/** What a running mailbox has in memory about anybody, and how its operator asks for it: a socket that only its user may open. */

import { chmod, rm } from "node:fs/promises";
import { createServer } from "node:net";

export interface MailboxRecord {
  readonly store: "connection" | "session" | "message";
  /** Of an open connection, or of who sent a message that waits. */
  readonly address?: string;
  readonly inbox?: string;
  readonly topic?: string;
  readonly bytes?: number;
}

/** Answers every connection with all records as one JSON text. @returns Ends it. */
export async function serveDisclosure(
  path: string,
  records: () => Promise<readonly MailboxRecord[]>,
): Promise<() => Promise<void>> {
  await rm(path, { force: true });
  const server = createServer((socket) => {
    socket.on("error", () => {});
    records().then(
      (all) => socket.end(JSON.stringify(all)),
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve());
  });
  await chmod(path, 0o600);
  return () => new Promise((resolve) => server.close(() => resolve()));
}
