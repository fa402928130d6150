import type { Timer } from "../../owner/owner-ports.ts";

export const browserTimer: Timer = {
  after(ms, call) {
    const handle = setTimeout(call, ms);
    return () => clearTimeout(handle);
  },
};
