import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "../../ui/icon.tsx";

interface MessageProps {
  readonly icon: IconName;
  readonly title: string;
  readonly text?: string;
  readonly children?: ComponentChildren;
}

/** What stands where content would: nothing there yet, or nothing possible. */
export function Message({ icon, title, text, children }: MessageProps) {
  return (
    <div class="empty">
      <Icon name={icon} size={40} />
      <h2>{title}</h2>
      {text === undefined ? null : <p>{text}</p>}
      {children}
    </div>
  );
}
