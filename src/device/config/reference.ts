import type * as z from "zod/mini";
import { CONFIG_VERSION, sections } from "./sections.ts";
import { type SettingInfo, settingInfo, tomlOf } from "./setting.ts";

interface Described {
  readonly section: string;
  readonly meaning: string;
  readonly settings: readonly (SettingInfo & { readonly key: string })[];
}

function describedSections(): readonly Described[] {
  return Object.entries(sections).map(([section, { shape, meaning }]) => ({
    section,
    meaning,
    settings: Object.entries(shape as Readonly<Record<string, z.ZodMiniType>>).flatMap(([key, schema]) => {
      const info = settingInfo.get(schema);
      return info === undefined ? [] : [{ key, ...info }];
    }),
  }));
}

/** docs/ref/config.md, made from the schema. */
export function configReference(): string {
  const parts = describedSections().map(({ section, meaning, settings }) => {
    const entries = settings.map(
      ({ key, preset, meaning: text, form, restart }) =>
        `- **\`${key}\`** = \`${tomlOf(preset)}\`: ${text}\n  Form: ${form}. ${restart ? "A change needs a restart." : "A reload takes a change up."}`,
    );
    return `## [${section}]\n\n${meaning}\n\n${entries.join("\n")}\n`;
  });
  return `${introduction}\n${parts.join("\n")}`;
}

/** A whole configuration file in which every setting stands explained and commented out, for \`doorward init\`. */
export function exampleConfig(overrides: Readonly<Record<string, unknown>> = {}): string {
  const parts = describedSections().map(({ section, meaning, settings }) => {
    const entries = settings.map(({ key, preset, meaning: text, form }) => {
      const override = overrides[`${section}.${key}`];
      const line = override === undefined ? `#${key} = ${tomlOf(preset)}` : `${key} = ${tomlOf(override)}`;
      return `# ${text}\n# Form: ${form}.\n${line}\n`;
    });
    return `# ${meaning}\n[${section}]\n\n${entries.join("\n")}`;
  });
  return `# Doorward. Remove the # before a setting to change it. SIGHUP or \`systemctl reload doorward\` reads this file again.\nversion = ${CONFIG_VERSION}\n\n${parts.join("\n\n")}`;
}

const introduction = `# Configuration

\`/etc/doorward/doorward.toml\`, or the file that \`--config FILE\` names. Made from the schema; change \`src/device/config/sections.ts\` instead.

Every setting has a default, so the file may be missing or empty; then a test picture and simulated pins stand in for the hardware.
Times, sizes and rates are texts with their unit: \`"5s"\`, \`"8 GB"\`. Relative paths start at the folder of the file.
An unknown setting is an error, and all errors are listed at once. \`doorward doctor\` tells whether what is configured is really there.
\`systemctl reload doorward\` (SIGHUP) reads the file again: a wrong file changes nothing, and settings that need a restart wait for one.

A doorbell with a Raspberry Pi camera, a PIR and a relay:

\`\`\`toml
[camera]
source = "rpicam"

[sound]
source = "alsa"

[gpio]
driver = "onoff"
\`\`\`

A network camera with a second, low-resolution stream, and no PIR:

\`\`\`toml
[camera]
source = "rtsp"
url = "rtsp://viewer:password@192.168.1.20/main"
sub_url = "rtsp://viewer:password@192.168.1.20/sub"

[motion]
mode = "pixels"

[gpio]
driver = "onoff"
motion_pin = false
\`\`\`
`;
