import type { RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export interface Modal {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  /** For the heading that names the dialog. */
  readonly titleId: string;
}

/** A dialog that is open as long as it is there: the engine keeps the focus inside, and Escape cancels. */
export function useModal(): Modal {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return { dialog, titleId };
}
