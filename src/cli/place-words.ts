import { CliError } from "./errors.ts";

const UNITS_PER_DEGREE = 100_000;

/** `26.1224,-80.1373`, in degrees north and east, as 10^-5 degrees. @throws CliError `cli/usage`. */
export function readPlace(text: string): { readonly latitude: number; readonly longitude: number } {
  const match = /^\s*([+-]?\d{1,2}(?:\.\d{1,7})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,7})?)\s*$/.exec(text);
  const latitude = Math.round(Number(match?.[1]) * UNITS_PER_DEGREE);
  const east = Math.round(Number(match?.[2]) * UNITS_PER_DEGREE);
  const longitude = east === 180 * UNITS_PER_DEGREE ? -east : east;
  if (!(Math.abs(latitude) <= 90 * UNITS_PER_DEGREE && Math.abs(longitude) <= 180 * UNITS_PER_DEGREE)) {
    throw new CliError("cli/usage", `"${text}" is no place`, {
      hint: "Write degrees north and east, such as 26.1224,-80.1373: any map shows them.",
    });
  }
  return { latitude: latitude + 0, longitude: longitude + 0 };
}
