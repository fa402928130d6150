import type { EngineName, PeerPlan } from "./live-peer.ts";

/** What the daemon tells the process of a view, and what that tells back. JSON over Node's own channel. */
export type ToChild =
  | { readonly do: "offer"; readonly engine: EngineName; readonly plan: PeerPlan }
  | { readonly do: "accept"; readonly sdp: string }
  | { readonly do: "close" };

export type FromChild =
  | { readonly told: "offer"; readonly sdp: string }
  | { readonly told: "no-engine" }
  | { readonly told: "connected" }
  | { readonly told: "ended"; readonly reason: "closed" | "lost" | "feed" | "engine" };
