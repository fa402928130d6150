/**
 * Line, from 1, of each `section.key` and each `[section]` in a TOML file. For messages only, so it may miss unusual spellings
 * (inline tables, quoted keys); a text over several lines that looks like a key gives a wrong line at worst.
 */
export function tomlLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const note = (name: string, line: number): void => {
    if (!lines.has(name)) lines.set(name, line);
  };
  let section = "";
  for (const [index, line] of text.split("\n").entries()) {
    const header = /^\s*\[\[?\s*([\w.-]+)\s*\]/.exec(line)?.[1];
    const key = /^\s*([\w.-]+)\s*=/.exec(line)?.[1];
    if (header !== undefined) {
      section = header;
      note(header, index + 1);
    } else if (key !== undefined) {
      note(section === "" ? key : `${section}.${key}`, index + 1);
    }
  }
  return lines;
}
