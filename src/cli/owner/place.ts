import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { OwnerHome } from "../owner-home.ts";
import { readPlace } from "../place-words.ts";
import { placeText } from "../request-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const home = new OwnerHome(invocation);
  await home.signer();
  const at = options.text("at");
  const clear = options.flag("clear");
  if (at !== undefined && clear) throw new CliError("cli/usage", "--at and --clear exclude each other");
  if (at !== undefined) {
    const place = readPlace(at);
    await home.store.update((state) => ({ ...state, place }));
  } else if (clear) {
    await home.store.update(({ place: _place, ...state }) => state);
  }
  const { place } = await home.store.read();
  terminal.say(
    place === undefined
      ? "This home has no place yet, so no request can concern it: `doorward owner place --at LATITUDE,LONGITUDE`."
      : `Your home stands at ${placeText(place)}. Only this folder knows it; requests are compared with it here.`,
  );
  return { json: { ok: true, place: place ?? null } };
}
