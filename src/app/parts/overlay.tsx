import type { ComponentChildren } from "preact";
import { Button } from "../../ui/button.tsx";
import { useModal } from "../../ui/use-modal.ts";
import { words } from "../words.ts";

interface OverlayProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
}

/** A whole screen in front of the other, without an address of its own. */
export function Overlay({ title, children, onClose }: OverlayProps) {
  const { dialog, titleId } = useModal();
  return (
    <dialog ref={dialog} class="overlay" aria-labelledby={titleId} onCancel={onClose}>
      <div class="overlay-inner stack">
        <header class="screen-head">
          <Button kind="quiet" icon="close" label={words.close} onClick={onClose} />
          <h1 id={titleId}>{title}</h1>
        </header>
        {children}
      </div>
    </dialog>
  );
}
