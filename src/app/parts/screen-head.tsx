import { Icon } from "../../ui/icon.tsx";
import { hashOf, type Route } from "../router.ts";
import { words } from "../words.ts";

interface ScreenHeadProps {
  readonly title: string;
  readonly text?: string;
  readonly back: Route;
}

export function ScreenHead({ title, text, back }: ScreenHeadProps) {
  return (
    <header class="screen-head">
      <a class="button quiet round" href={hashOf(back)} aria-label={words.back}>
        <Icon name="back" />
      </a>
      <div>
        <h1>{title}</h1>
        {text === undefined ? null : <p class="muted">{text}</p>}
      </div>
    </header>
  );
}
