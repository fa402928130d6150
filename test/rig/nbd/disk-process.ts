/**
 * A recorded disk served by a process of its own: whoever works on a file system that lies on it waits for the kernel, which
 * waits for this. Arguments: folder, size in bytes, path of the unix socket. Says `ready`; ends with its standard input.
 */
import { RecordedDisk } from "./recorded-disk.ts";
import { NbdServer } from "./server.ts";

const [dir = "", size = "", path = ""] = process.argv.slice(2);
const disk = new RecordedDisk(dir, Number(size));
const server = new NbdServer((name) => (name === "" ? disk : null));
await server.listen({ path });
console.log("ready");
process.stdin.resume();
process.stdin.once("close", () => {
  void server.close().then(() => {
    disk.close();
    process.exit(0);
  });
});
