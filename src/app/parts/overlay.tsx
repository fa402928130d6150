import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { words } from "../words.ts";

interface OverlayProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
}

/** A whole screen in front of the other, without an address of its own. */
export function Overlay({ title, children, onClose }: OverlayProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
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
