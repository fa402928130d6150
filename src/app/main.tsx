import "../ui/tokens.css";
import "../ui/parts.css";
import "../ui/motion.css";
import "./app.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { readyBell } from "./ground/bell.ts";
import { startRouter } from "./router.ts";
import { startWorker } from "./start-worker.ts";

const place = document.getElementById("app");
if (place !== null) {
  startWorker();
  readyBell();
  startRouter();
  render(<App />, place);
}
