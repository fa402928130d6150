import type { CommandDefinition, GroupDefinition } from "../definition.ts";
import { deviceCommands } from "./device.ts";
import { ownerCommands } from "./owner.ts";
import { recipientCommands } from "./recipient.ts";

export const groups: readonly GroupDefinition[] = [
  { path: "mailbox", summary: "A delivery broker that lets a recipient into its own inbox only" },
  { path: "owner", summary: "What an owner's keys can do: see clips, consent to a share, take it back" },
  { path: "owner household", summary: "The members of the household: who may look, who may consent" },
  { path: "recipient", summary: "What a recipient can do: hand over a card, receive, verify and open a share" },
];

export const commands: readonly CommandDefinition[] = [...deviceCommands, ...ownerCommands, ...recipientCommands];
