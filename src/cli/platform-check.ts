const OLDEST_NODE: readonly [major: number, minor: number] = [20, 19];
const ARCHITECTURES = ["x64", "arm64"];

/** Why this machine cannot run Doorward, and what to do; null when it can. Must itself run on any Node that has modules. */
export function unsupported(nodeVersion: string, architecture: string, system: string): string | null {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    return `needs Node ${oldestMajor}.${oldestMinor} or later, and this is ${nodeVersion}\n  Install a newer one: https://nodejs.org, or the nodejs package of Debian 13 and Raspberry Pi OS of the same age.`;
  }
  if (system !== "linux") return `runs on Linux, and this is ${system}`;
  if (!ARCHITECTURES.includes(architecture)) {
    return `runs on 64-bit systems (${ARCHITECTURES.join(", ")}), and this is ${architecture}\n  On a Raspberry Pi 3 or later install the 64-bit Raspberry Pi OS; the boards before it cannot.`;
  }
  return null;
}
