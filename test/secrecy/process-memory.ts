import { closeSync, openSync, readFileSync } from "node:fs";

export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** Parts of a process's memory that it may read, by proc(5). Addresses above 2^53 are the kernel's own pages. */
export function readableMappings(pid: number): Mapping[] {
  return readFileSync(`/proc/${pid}/maps`, "latin1")
    .split("\n")
    .flatMap((line) => {
      const [, start, end, access, name = ""] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
      if (start === undefined || end === undefined || access?.startsWith("r") !== true || name === "[vsyscall]")
        return [];
      return [{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), name }];
    });
}

/** Memory that may hold what the program made: not the bytes of program files. */
export const isOwnMemory = ({ name }: Mapping): boolean => !name.startsWith("/");

/** @param use - Gets the open memory; whoever reads it has frozen the process. */
export async function withMemory<T>(pid: number, use: (memory: number) => Promise<T>): Promise<T> {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    return await use(memory);
  } finally {
    closeSync(memory);
  }
}
