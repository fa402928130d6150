import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { Child, until } from "./child.ts";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

/** Debian's Mosquitto with a plain configuration. @returns its URL. */
export async function startMosquitto(dir: string): Promise<string> {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const config = join(dir, "mosquitto.conf");
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const child = new Child("mosquitto", ["-c", config]);
  await until("Mosquitto listens", 10_000, async () => {
    if (child.hasEnded) throw new Error(`Mosquitto ended: ${child.output}`);
    return answers(port);
  });
  return `mqtt://127.0.0.1:${port}`;
}
