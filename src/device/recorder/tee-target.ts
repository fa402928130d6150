/**
 * ffmpeg's tee muxer: the stream is encoded or copied once and written to several muxers.
 * Separate outputs would each run their own encoder.
 */
export interface TeeBranch {
  readonly options: Readonly<Record<string, string>>;
  readonly target: string;
}

export function teeTarget(branches: readonly TeeBranch[]): string {
  return branches
    .map(({ options, target }) => {
      const settings = Object.entries(options).map(([name, value]) => `${name}=${escapeOption(value)}`);
      return `[${settings.join(":")}]${target.replace(/[\\'|]/g, "\\$&")}`;
    })
    .join("|");
}

/** Two readers unescape an option: the splitting at `|`, then the option list itself. */
function escapeOption(value: string): string {
  return value.replace(/[\\':\]]/g, "\\$&").replace(/[\\'|]/g, "\\$&");
}

/** A dictionary inside an option, such as `format_opts`. */
export function nestedOptions(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${value.replace(/[\\':]/g, "\\$&")}`)
    .join(":");
}
