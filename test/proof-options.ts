import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * Options of a proof that is run by hand. `--help` prints what it does and ends it; an unknown option is named and ends it
 * with 2.
 */
export function proofOptions<const T extends NonNullable<ParseArgsConfig["options"]>>(usage: string, options: T) {
  const asked = { ...options, help: { type: "boolean", short: "h" } } as const;
  try {
    const { values } = parseArgs({ options: asked });
    if (!process.argv.includes("--help") && !process.argv.includes("-h")) return values;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
