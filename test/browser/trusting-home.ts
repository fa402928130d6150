import { execFile } from "node:child_process";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A home folder whose Chromium trusts these authorities (DER) besides those that come with it. */
export async function trustingHome(authorities: readonly Uint8Array[]): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "doorward-home-"));
  const database = join(home, ".pki/nssdb");
  await mkdir(database, { recursive: true });
  await run("certutil", ["-N", "--empty-password", "-d", `sql:${database}`]);
  for (const [index, authority] of authorities.entries()) {
    const file = join(home, `${index}.crt`);
    await writeFile(file, authority);
    await run("certutil", ["-A", "-n", `doorbell ${index}`, "-t", "C,,", "-d", `sql:${database}`, "-i", file]);
  }
  return home;
}

/** What the doorbell hands out at `/ca.crt`, fetched before anything is trusted. */
export function fetchAuthority(port: number, name: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const to = { host: "127.0.0.1", port, path: "/ca.crt", headers: { host: name }, rejectUnauthorized: false };
    const asked = request(to, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
    });
    asked.once("error", reject);
    asked.end();
  });
}
