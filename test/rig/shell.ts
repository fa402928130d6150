/** One word for a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Pins, units and the doorbell's files are root's; Raspberry Pi OS lets its first user become root without a password. */
export const asRoot = (user: string, command: string): string =>
  user === "root" ? command : `sudo -n sh -c ${quoted(command)}`;
