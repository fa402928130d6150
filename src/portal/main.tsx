import "../ui/tokens.css";
import "../ui/parts.css";
import "../ui/motion.css";
import "./portal.css";
import { render } from "preact";
import { Portal } from "./portal.tsx";

const place = document.getElementById("portal");
if (place !== null) render(<Portal />, place);
