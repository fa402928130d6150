import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

export interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  readonly kind?: "primary" | "plain" | "quiet" | "danger";
  readonly wide?: boolean;
  /** For a button without words. */
  readonly label?: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly onClick: () => void;
}

export function Button({ children, icon, kind = "plain", wide, label, disabled, pressed, onClick }: ButtonProps) {
  const classes = ["button", kind, wide === true ? "wide" : "", children === undefined ? "round" : ""];
  return (
    <button
      type="button"
      class={classes.filter(Boolean).join(" ")}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      {icon === undefined ? null : <Icon name={icon} size={children === undefined ? 22 : 20} />}
      {children}
    </button>
  );
}
