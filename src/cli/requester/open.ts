import type { Invocation, Outcome } from "../definition.ts";
import { openShareFile } from "../recipient/open.ts";
import { RequesterHome } from "../requester-home.ts";

export function run(invocation: Invocation): Promise<Outcome> {
  return openShareFile(invocation, new RequesterHome(invocation).recipient);
}
