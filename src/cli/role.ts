import type { Role } from "../protocol/statements/member.ts";
import { CliError } from "./errors.ts";

/** @throws CliError `cli/usage`. */
export function readRole(text: string | undefined): Role {
  if (text !== "owner" && text !== "viewer") {
    throw new CliError("cli/usage", `"${text ?? ""}" is no role`, { hint: "A member is an owner or a viewer." });
  }
  return text;
}
