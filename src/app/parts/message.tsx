import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "../../ui/icon.tsx";

interface MessageProps {
  readonly icon: IconName;
  readonly title: string;
  readonly text?: string;
  /** It is all there is on the screen. */
  readonly lone?: boolean;
  readonly children?: ComponentChildren;
}

/** What stands where content would: nothing there yet, or nothing possible. */
export function Message({ icon, title, text, lone, children }: MessageProps) {
  return (
    <div class="empty">
      <Icon name={icon} size={40} />
      {lone === true ? <h1>{title}</h1> : <h2>{title}</h2>}
      {text === undefined ? null : <p>{text}</p>}
      {children}
    </div>
  );
}
