import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

type Tone = "plain" | "good" | "bad" | "warn";

const icons: Readonly<Record<Tone, IconName>> = { plain: "info", good: "check", bad: "warning", warn: "warning" };

/** A sentence that stands out; one that appears by itself is read aloud. */
export function Notice({ tone = "plain", children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icons[tone]} size={20} />
      <div class="stack tight">{children}</div>
    </div>
  );
}
