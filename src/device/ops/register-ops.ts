import { REGISTER_FILE_PART_BYTES } from "../../protocol/link-ops.ts";
import type { LinkPort } from "../link/link-ports.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { answer } from "./answering.ts";

const NOT_THERE = { result: { length: 0 } } as const;

/** The copies of registers' logs, for every member alike. Nothing is fetched for an answer, and nothing is noted of who asked. */
export function answerRegisterOps(link: Pick<LinkPort, "onRequest">, mirror: Pick<Mirror, "registers" | "read">): void {
  answer(link, "registers", () => ({ result: { registers: mirror.registers } }));

  answer(link, "register-file", async ({ args: { origin, path, offset } }) => {
    const file = await mirror.read(origin, path);
    if (file === null) return NOT_THERE;
    return { result: { length: file.length }, attachment: file.subarray(offset, offset + REGISTER_FILE_PART_BYTES) };
  });
}
