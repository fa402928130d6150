import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import type { Engine } from "./engine.ts";

/** In this process. */
export const mailbox: Engine = {
  name: "the mailbox",
  cannot: {},
  async start() {
    let running: RunningMailbox = await startMailbox({ host: "127.0.0.1", port: 0 });
    const { url, port } = running;
    return {
      doorbellUrl: url,
      recipientUrl: url,
      pids: () => [],
      async crash() {
        await running.stop();
        running = await startMailbox({ host: "127.0.0.1", port });
      },
      stop: () => running.stop(),
    };
  },
};
