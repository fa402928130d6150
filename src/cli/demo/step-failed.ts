/** A step of the story did not go as it should; the message is for a person. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";
  /** What to do; empty where nothing is known. */
  readonly hint: string;
  constructor(message: string, hint = "") {
    super(message);
    this.hint = hint;
  }
}

interface Refusal {
  readonly error?: { readonly code?: string; readonly message?: string };
}

/** The members of a command's answer, or the reason why there are none. */
export function answered({ exit, json }: { readonly exit: number; readonly json: unknown }): Record<string, unknown> {
  if (exit !== 0) throw new StepFailed((json as Refusal | null)?.error?.message ?? `it ended with status ${exit}`);
  return json as Record<string, unknown>;
}

export function refusalOf(json: unknown): { readonly code: string; readonly message: string } {
  const { code = "", message = "" } = (json as Refusal | null)?.error ?? {};
  return { code, message };
}
