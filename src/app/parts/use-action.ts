import { useState } from "preact/hooks";

export interface Action {
  readonly busy: boolean;
  readonly error: unknown;
  readonly run: (work: () => Promise<void>) => void;
  readonly clear: () => void;
}

/** One thing at a time that a person set off: busy while it runs, and what went wrong stays until the next try. */
export function useAction(): Action {
  const [state, setState] = useState<{ readonly busy: boolean; readonly error: unknown }>({ busy: false, error: null });
  const run = (work: () => Promise<void>): void => {
    if (state.busy) return;
    setState({ busy: true, error: null });
    Promise.resolve()
      .then(work)
      .then(
        () => setState({ busy: false, error: null }),
        (error: unknown) => setState({ busy: false, error }),
      );
  };
  return { ...state, run, clear: () => setState({ busy: false, error: null }) };
}
