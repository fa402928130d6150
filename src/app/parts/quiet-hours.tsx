import type { OwnerSettings } from "../../protocol/link-ops.ts";
import { Button } from "../../ui/button.tsx";
import { MAX_QUIET_SPANS } from "../model/settings.ts";
import { words } from "../words.ts";

type Spans = OwnerSettings["quiet"];

interface QuietHoursProps {
  readonly spans: Spans;
  readonly onChange: (spans: Spans) => void;
}

const NIGHT = { fromMinute: 22 * 60, untilMinute: 7 * 60 };

/** When the chime inside stays silent, by the doorbell's own zone; an end before the start runs over midnight. */
export function QuietHours({ spans, onChange }: QuietHoursProps) {
  const set = (at: number, change: Partial<Spans[number]>): void =>
    onChange(spans.map((span, i) => (i === at ? { ...span, ...change } : span)));
  return (
    <fieldset class="bare stack">
      <legend class="legend">{words.settings.quiet}</legend>
      {spans.length === 0 ? <p class="muted small">{words.settings.quietNone}</p> : null}
      {spans.map((span, at) => (
        <div key={at} class="quiet-span">
          <TimeField
            label={words.settings.quietFrom(at + 1)}
            minute={span.fromMinute}
            onChange={(fromMinute) => set(at, { fromMinute })}
          />
          <span aria-hidden="true">–</span>
          <TimeField
            label={words.settings.quietUntil(at + 1)}
            minute={span.untilMinute}
            onChange={(untilMinute) => set(at, { untilMinute })}
          />
          <Button
            kind="quiet"
            icon="close"
            label={words.settings.quietRemove(at + 1)}
            onClick={() => onChange(spans.filter((_, i) => i !== at))}
          />
        </div>
      ))}
      {spans.some(({ fromMinute, untilMinute }) => fromMinute === untilMinute) ? (
        <p class="small">{words.settings.quietEmpty}</p>
      ) : null}
      {spans.length < MAX_QUIET_SPANS ? (
        <div>
          <Button onClick={() => onChange([...spans, NIGHT])}>{words.settings.quietAdd}</Button>
        </div>
      ) : null}
      <p class="muted small">{words.settings.quietText}</p>
    </fieldset>
  );
}

interface TimeFieldProps {
  readonly label: string;
  readonly minute: number;
  readonly onChange: (minute: number) => void;
}

const pad = (n: number): string => String(n).padStart(2, "0");

function TimeField({ label, minute, onChange }: TimeFieldProps) {
  return (
    <input
      class="input"
      type="time"
      required
      aria-label={label}
      value={`${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`}
      onInput={({ currentTarget }) => {
        const [hours, minutes] = currentTarget.value.split(":").map(Number);
        if (hours !== undefined && minutes !== undefined) onChange(hours * 60 + minutes);
      }}
    />
  );
}
