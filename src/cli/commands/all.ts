import type { CommandDefinition, GroupDefinition } from "../definition.ts";
import { appCommands } from "./app.ts";
import { deviceCommands } from "./device.ts";
import { ownerCommands } from "./owner.ts";
import { recipientCommands } from "./recipient.ts";
import { registerCommands } from "./register.ts";
import { requesterCommands } from "./requester.ts";
import { witnessCommands } from "./witness.ts";

export const groups: readonly GroupDefinition[] = [
  { path: "app", summary: "The owner's app as files: signed by whoever built it, compared with what was signed" },
  { path: "web", summary: "The doorbell's web server" },
  { path: "mailbox", summary: "A delivery broker that lets a recipient into its own inbox only" },
  { path: "owner", summary: "What an owner's keys can do: see clips, consent to a share, take it back" },
  { path: "owner requests", summary: "Show who asks for footage from around your home" },
  { path: "owner register", summary: "The registers whose requests are followed" },
  { path: "owner household", summary: "The members of the household: who may look, who may consent" },
  { path: "owner recovery", summary: "Words that bring an owner back when every phone is lost" },
  { path: "recipient", summary: "What a recipient can do: hand over a card, receive, verify and open a share" },
  {
    path: "requester",
    summary: "What an investigator can do: ask a neighbourhood in public, receive and prove answers",
  },
  { path: "register", summary: "The public log of requests: to keep it, to witness it, to audit it" },
  {
    path: "register witness",
    summary: "Cosigns a log's checkpoints, so that it cannot show different people different logs",
  },
];

export const commands: readonly CommandDefinition[] = [
  ...deviceCommands,
  ...appCommands,
  ...ownerCommands,
  ...recipientCommands,
  ...registerCommands,
  ...requesterCommands,
  ...witnessCommands,
];
