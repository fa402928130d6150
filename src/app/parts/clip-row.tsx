import { sayLength } from "../../say/amounts.ts";
import { Icon } from "../../ui/icon.tsx";
import { sayTime } from "../../ui/say.ts";
import { type ClipEntry, momentOf } from "../model/clip-entry.ts";
import type { Home } from "../model/home.ts";
import { hashOf } from "../router.ts";
import { words } from "../words.ts";
import { Still } from "./still.tsx";

interface ClipRowProps {
  readonly home: Home;
  readonly entry: ClipEntry;
}

const whatOf = ({ trigger }: ClipEntry): string => words.tag[trigger ?? "unknown"];

const whenOf = (entry: ClipEntry): string => (entry.startMs === null ? "" : sayTime(momentOf(entry)));
const lengthOf = ({ durationMs }: ClipEntry): string => (durationMs === null ? "" : sayLength(durationMs));

export function ClipRow({ home, entry }: ClipRowProps) {
  return (
    <a class="clip-row" href={hashOf({ screen: "clip", clip: entry.id })}>
      <ClipLine home={home} entry={entry} />
    </a>
  );
}

export function ClipLine({ home, entry }: ClipRowProps) {
  const length = lengthOf(entry);
  return (
    <>
      <Still home={home} entry={entry} />
      <span class="clip-row-text">
        <span class="clip-row-what">
          <Icon name={entry.trigger === "ring" ? "bell" : "motion"} size={18} />
          {whatOf(entry)}
        </span>
        <span class="muted small clip-row-tags">
          {whenOf(entry)}
          {length === "" ? "" : ` · ${length}`}
          <Tags entry={entry} />
        </span>
      </span>
      <Icon name="forward" size={18} />
    </>
  );
}

function Tags({ entry }: { readonly entry: ClipEntry }) {
  const { pinned, state, closed, reading, clockSet } = entry;
  const { timeline } = words;
  const tags = [
    ...(state === "open" ? [timeline.recording] : []),
    ...(pinned ? [timeline.pinned] : []),
    ...(state === "damaged" || reading === "damaged" ? [timeline.damaged] : []),
    ...(reading === "no-key" ? [timeline.noKey] : []),
    ...(closed === "cut" ? [timeline.cut] : []),
    ...(clockSet ? [] : [timeline.clock]),
  ];
  return (
    <>
      {tags.map((tag) => (
        <span key={tag} class={`tag ${tag === timeline.damaged ? "bad" : ""}`}>
          {tag}
        </span>
      ))}
    </>
  );
}
