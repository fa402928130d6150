import * as z from "zod/mini";
import { DURATION, RATE, readQuantity, SIZE, type UnitTable, writeQuantity } from "./quantity.ts";

/** A kind of value: how it is checked, and how a person is told what is wanted. */
export interface ValueKind<Value> {
  readonly schema: z.ZodMiniType<Value>;
  /** Ends the sentence "… must be". */
  readonly form: string;
}

export interface SettingInfo {
  readonly preset: unknown;
  readonly meaning: string;
  readonly form: string;
  /** Whether a change counts only after a restart of the daemon. */
  readonly restart: boolean;
}

/** What every setting is for, kept beside its schema; messages, reference page and example file are made from it. */
export const settingInfo = z.registry<SettingInfo>();
export const sectionMeaning = z.registry<{ readonly meaning: string }>();

/**
 * @param preset - Default, in the form a file would give it.
 * @param change - `live`: a reload takes it up while the daemon runs.
 */
export function setting<Value>(
  kind: ValueKind<Value>,
  preset: unknown,
  meaning: string,
  change: "live" | "restart" = "restart",
) {
  const schema = z.prefault(kind.schema, preset);
  settingInfo.add(schema, { preset, meaning, form: kind.form, restart: change === "restart" });
  return schema;
}

export function section<Shape extends Readonly<Record<string, z.ZodMiniType>>>(meaning: string, shape: Shape) {
  const schema = z.prefault(z.strictObject(shape), {} as z.input<z.ZodMiniObject<Shape, z.core.$strict>>);
  sectionMeaning.add(schema, { meaning });
  return { schema, shape, meaning };
}

const matching = <Value>(form: string, read: (value: unknown) => Value | null): ValueKind<Value> => ({
  form,
  schema: z.pipe(
    z.unknown(),
    z.transform((value, context): Value => {
      const result = read(value);
      if (result !== null) return result;
      context.issues.push({ code: "custom", input: value, message: "form" });
      return z.NEVER;
    }),
  ),
});

function quantity(noun: string, table: UnitTable, min: string, max: string): ValueKind<number> {
  const least = readQuantity(min, table) ?? 0;
  const most = readQuantity(max, table) ?? 0;
  const form = `${noun} in quotes with its unit (${Object.keys(table.units).join(", ")}), from "${min}" to "${max}"`;
  return matching(form, (value) => {
    const amount = typeof value === "string" ? readQuantity(value, table) : null;
    return amount !== null && amount >= least && amount <= most ? amount : null;
  });
}

/** Milliseconds once read. */
export const duration = (min: string, max: string): ValueKind<number> => quantity("a time", DURATION, min, max);
/** Bytes once read. */
export const size = (min: string, max: string): ValueKind<number> => quantity("a size", SIZE, min, max);
/** Kilobits a second once read. */
export const rate = (min: string, max: string): ValueKind<number> => quantity("a rate", RATE, min, max);

export const wholeNumber = (min: number, max: number): ValueKind<number> =>
  matching(`a whole number from ${min} to ${max}`, (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : null,
  );

export const fraction = (min: number, max: number): ValueKind<number> =>
  matching(`a number from ${min} to ${max}`, (value) =>
    typeof value === "number" && value >= min && value <= max ? value : null,
  );

export const flag: ValueKind<boolean> = matching("true or false", (value) =>
  typeof value === "boolean" ? value : null,
);

export const choice = <const Name extends string>(...names: readonly Name[]): ValueKind<Name> =>
  matching(
    `one of ${names.map((name) => `"${name}"`).join(", ")}`,
    (value) => names.find((name) => name === value) ?? null,
  );

export const text = (form: string, pattern: RegExp): ValueKind<string> =>
  matching(form, (value) => (typeof value === "string" && pattern.test(value) ? value : null));

/** "" means none. A path that is not absolute starts at the folder of the configuration file. */
export const path: ValueKind<string> = text("a path in quotes", /^[^\0\n]{0,4096}$/);

/** BCM number of a header pin, as `pinctrl` and every pin-out picture name it; false: not connected. */
export const pin: ValueKind<number | false> = matching(
  "a BCM pin number from 0 to 27, or false where nothing is connected",
  (value) =>
    value === false || (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 27)
      ? value
      : null,
);

export const list = <Value>(form: string, read: (entry: unknown) => Value | null): ValueKind<readonly Value[]> =>
  matching(form, (value) => {
    if (!Array.isArray(value)) return null;
    const entries = value.map(read);
    return entries.every((entry) => entry !== null) ? entries : null;
  });

/** How a value stands in a TOML file. */
export function tomlOf(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(tomlOf).join(", ")}]` : JSON.stringify(value);
}

export const durationText = (ms: number): string => writeQuantity(ms, DURATION);
