import Database from "better-sqlite3";
import { RegisterError } from "./errors.ts";

/**
 * Keeps a second process away from a register: two that append to one log fork it. The lock is the kernel's, on a file of
 * SQLite's, so that it ends with the process however that ends.
 * @returns Lets go.
 * @throws {@link RegisterError} `register/in-use`.
 */
export function becomeTheWriter(path: string): () => void {
  const db = new Database(path, { timeout: 0 });
  try {
    db.pragma("journal_mode = OFF"); // nothing is ever written
    db.pragma("locking_mode = EXCLUSIVE");
    db.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    db.close();
    throw new RegisterError("register/in-use", "another process has this register open", { cause });
  }
  return () => {
    db.close();
  };
}
