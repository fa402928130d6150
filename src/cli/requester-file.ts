import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import type { Json } from "../protocol/canonical-json.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { plainLine } from "../protocol/register/plain-text.ts";
import { registerName } from "../protocol/register/register-name.ts";
import { bytes, object, type ValueOf, where } from "../protocol/shape.ts";
import { CliError } from "./errors.ts";

/** What a requester hands to whoever accredits. Nothing in it is proven: that is what accrediting is for. */
const requesterFile = object({
  register: registerName,
  requester: where(bytes(32), (key) => nodeCrypto.checkPublicKey(key), "not a public key"),
  agency: plainLine(120),
  officer: plainLine(120),
});
export type RequesterFile = ValueOf<typeof requesterFile>;

/** No key in hexadecimal has one of these; `./NAME` names any file. */
export const isFileName = (text: string): boolean => /[./]/.test(text);

export const writeRequesterFile = (file: RequesterFile): string =>
  `${JSON.stringify(requesterFile.write(file), null, 2)}\n`;

/** @throws CliError `cli/wrong-file`. */
export async function readRequesterFile(path: string): Promise<RequesterFile> {
  const text = await readFile(path, "utf8");
  try {
    return requesterFile.read(JSON.parse(text) as Json);
  } catch (cause) {
    if (!(cause instanceof ProtocolError || cause instanceof SyntaxError)) throw cause;
    throw new CliError("cli/wrong-file", `${path} is not what a requester hands over`, {
      cause,
      hint: "The requester makes one with `doorward requester accredit --out FILE`.",
    });
  }
}
