import { type Signal, signal } from "@preact/signals";

/** Where the app is. What people ask of this home has no place of its own here: it must leave nothing behind. */
export type Route =
  | { readonly screen: "home" | "timeline" | "shares" | "household" | "settings" | "audit" | "recovery" }
  | { readonly screen: "clip" | "share"; readonly clip: string };

export function readRoute(hash: string): Route {
  const [, first = "", second = "", third] = hash.replace(/^#/, "").split("/");
  if (first === "clip" && /^[0-9a-f]{32}$/.test(second)) {
    return { screen: third === "share" ? "share" : "clip", clip: second };
  }
  const plain = ["timeline", "shares", "household", "settings", "audit", "recovery"] as const;
  return { screen: plain.find((name) => name === first) ?? "home" };
}

export function hashOf(route: Route): string {
  switch (route.screen) {
    case "home":
      return "#/";
    case "clip":
      return `#/clip/${route.clip}`;
    case "share":
      return `#/clip/${route.clip}/share`;
    default:
      return `#/${route.screen}`;
  }
}

export const route: Signal<Route> = signal({ screen: "home" });

export function go(to: Route): void {
  location.hash = hashOf(to);
}

/** As {@link go}, without a way back to where it came from. */
export function goInstead(to: Route): void {
  history.replaceState(null, "", hashOf(to));
  route.value = to;
}

export function startRouter(): void {
  route.value = readRoute(location.hash);
  addEventListener("hashchange", () => {
    route.value = readRoute(location.hash);
    scrollTo(0, 0);
  });
}

const CODE = /^#(doorward:[\w-]+)$/;

/** A pairing code in the address, which is taken out of it at once: it is a secret, and the history is not. */
export function takePairingCode(): string | null {
  const code = CODE.exec(location.hash)?.[1] ?? null;
  if (code !== null) history.replaceState(null, "", "#/");
  return code;
}
