import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface PasteFormProps {
  readonly id: string;
  readonly label: string;
  readonly button: string;
  readonly busy?: boolean;
  /** What helps, or what went wrong. */
  readonly children?: ComponentChildren;
  readonly onText: (text: string) => void;
}

/** A longer text that somebody brings along. */
export function PasteForm({ id, label, button, busy = false, children, onText }: PasteFormProps) {
  const [text, setText] = useState("");
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onText(text);
      }}
    >
      <div class="field">
        <label for={id}>{label}</label>
        <textarea
          id={id}
          class="input mono small"
          spellcheck={false}
          autocomplete="off"
          autocapitalize="none"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </div>
      {children}
      <button type="submit" class="button plain" disabled={busy}>
        {button}
      </button>
    </form>
  );
}
