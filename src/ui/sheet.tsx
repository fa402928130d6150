import type { ComponentChildren } from "preact";
import { useModal } from "./use-modal.ts";

interface SheetProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
}

/** A modal dialog, from below on a phone. */
export function Sheet({ title, children, onClose }: SheetProps) {
  const { dialog, titleId } = useModal();
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby={titleId} onClose={onClose} onCancel={onClose}>
      <div class="stack">
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
