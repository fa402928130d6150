// Draws firmware/board/wiring.svg and jumpers.svg: the 40-pin header with what hangs on it. node scripts/draw-wiring.mjs
import { writeFileSync } from "node:fs";

const INK = "#1d2530";
const PIN = 22;
const HEADER_X = 430;
const TOP = 84;
const xOf = (pin) => HEADER_X + (pin % 2 === 1 ? 0 : PIN + 6);
const yOf = (pin) => TOP + Math.floor((pin - 1) / 2) * (PIN + 4);
const GROUNDS = new Set([6, 9, 14, 20, 25, 30, 34, 39]);
const POWER = new Map([
  [1, "3V3"],
  [17, "3V3"],
  [2, "5V"],
  [4, "5V"],
]);

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const text = (x, y, words, { size = 14, anchor = "start", weight = 400, fill = INK } = {}) =>
  `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" font-weight="${weight}" fill="${fill}">${escaped(words)}</text>`;
const box = (x, y, width, height, fill = "#fff") =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${fill}" stroke="${INK}" stroke-width="1.5"/>`;
const wire = (points, colour) =>
  `<polyline points="${points.map((point) => point.join(",")).join(" ")}" fill="none" stroke="${colour}" stroke-width="3" stroke-linejoin="round" stroke-linecap="round"/>`;

function header() {
  const out = [
    `<rect x="${HEADER_X - 16}" y="${TOP - 18}" width="${2 * PIN + 40}" height="${20 * (PIN + 4) + 30}" rx="6" fill="#e6eee8" stroke="${INK}"/>`,
    text(HEADER_X + PIN + 3, TOP - 28, "Raspberry Pi, 40-pin header", { anchor: "middle", weight: 600 }),
  ];
  for (let pin = 1; pin <= 40; pin += 1) {
    const fill = GROUNDS.has(pin)
      ? "#3a3f47"
      : POWER.get(pin) === "5V"
        ? "#c0392b"
        : POWER.has(pin)
          ? "#d98324"
          : "#f7d774";
    const light = GROUNDS.has(pin) || POWER.get(pin) === "5V";
    out.push(`<circle cx="${xOf(pin) + 8}" cy="${yOf(pin) + 8}" r="11" fill="${fill}" stroke="${INK}"/>`);
    out.push(
      text(xOf(pin) + 8, yOf(pin) + 12, String(pin), { size: 11, anchor: "middle", fill: light ? "#fff" : INK }),
    );
  }
  return out;
}

/** A wire from a pin, straight out of the header on its own side, then in a lane of its own to where it ends. */
function lead(pin, laneX, [endX, endY], colour) {
  const y = yOf(pin) + 8;
  const from = pin % 2 === 1 ? HEADER_X - 4 : HEADER_X + PIN + 26;
  return wire(
    [
      [from, y],
      [laneX, y],
      [laneX, endY],
      [endX, endY],
    ],
    colour,
  );
}

const left = 20;
const right = 690;
const leads = (...list) => list;
const parts = [
  {
    title: "Bell button",
    lines: ["at the door, to ground"],
    side: left,
    y: 84,
    leads: leads([9, "#3a3f47", "GND"], [11, "#1f6fb2", "BCM 17"]),
    lanes: [370, 390],
  },
  {
    title: "Indoor button",
    lines: ["short press: pairing", "15 s: factory reset"],
    side: left,
    y: 238,
    leads: leads([13, "#2a9d4a", "BCM 27"], [25, "#3a3f47", "GND"]),
    lanes: [350, 330],
  },
  {
    title: "PIR sensor",
    lines: ["output 3.3 V at most", "5 V supply: see its maker"],
    side: left,
    y: 386,
    leads: leads([15, "#8e44ad", "OUT · BCM 22"], [17, "#d98324", "3V3"], [39, "#3a3f47", "GND"]),
    lanes: [310, 290, 390],
  },
  {
    title: "Chime relay",
    lines: ["module with its own driver and", "opto-coupler, never a bare coil"],
    side: right,
    y: 60,
    leads: leads([2, "#c0392b", "VCC 5V"], [6, "#3a3f47", "GND"], [16, "#1f6fb2", "IN · BCM 23"]),
    lanes: [610, 590, 630],
  },
  {
    title: "Status LED",
    lines: ["470 Ω in its lead"],
    side: right,
    y: 226,
    leads: leads([18, "#2a9d4a", "470 Ω · BCM 24"], [14, "#3a3f47", "GND"]),
    lanes: [570, 550],
  },
  {
    title: "Recording LED",
    lines: ["470 Ω in its lead"],
    side: right,
    y: 338,
    leads: leads([22, "#c0392b", "470 Ω · BCM 25"], [20, "#3a3f47", "GND"]),
    lanes: [610, 590],
  },
  {
    title: "Button light",
    lines: ["470 Ω, above 8 mA", "over a transistor"],
    side: right,
    y: 444,
    leads: leads([32, "#8e44ad", "470 Ω · BCM 12"], [30, "#3a3f47", "GND"]),
    lanes: [610, 630],
  },
  {
    title: "Talk LED",
    lines: ["470 Ω in its lead"],
    side: right,
    y: 574,
    leads: leads([36, "#2a9d4a", "470 Ω · BCM 16"], [34, "#3a3f47", "GND"]),
    lanes: [550, 570],
  },
];
const BOX = { width: 230, row: 26 };
const heightOf = ({ leads, lines }) => 34 + lines.length * 17 + leads.length * BOX.row;

function drawing(title, note, items) {
  const out = [];
  for (const item of items) {
    const isLeft = item.side === left;
    item.leads.forEach(([pin, colour], index) => {
      const y = item.y + 40 + item.lines.length * 17 + index * BOX.row;
      out.push(lead(pin, item.lanes[index], [isLeft ? item.side + BOX.width : item.side, y], colour));
    });
  }
  out.push(...header());
  for (const item of items) {
    const isLeft = item.side === left;
    out.push(box(item.side, item.y, BOX.width, heightOf(item)));
    out.push(text(item.side + 12, item.y + 22, item.title, { size: 15, weight: 600 }));
    for (const [index, line] of item.lines.entries()) {
      out.push(text(item.side + 12, item.y + 40 + index * 17, line, { size: 12, fill: "#4a5563" }));
    }
    item.leads.forEach(([pin, , label], index) => {
      const y = item.y + 45 + item.lines.length * 17 + index * BOX.row;
      out.push(
        text(isLeft ? item.side + BOX.width - 12 : item.side + 12, y, `${label} · pin ${pin}`, {
          size: 12,
          anchor: isLeft ? "end" : "start",
        }),
      );
    });
  }
  const height = Math.max(TOP + 20 * (PIN + 4), ...items.map((item) => item.y + heightOf(item))) + 50;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 ${height}" font-family="sans-serif" role="img" aria-label="${escaped(title)}">
<rect width="940" height="${height}" fill="#fbfaf7"/>
${text(20, 34, title, { size: 20, weight: 600 })}
${out.join("\n")}
${text(20, height - 14, note, { size: 12, fill: "#4a5563" })}
</svg>
`;
}

writeFileSync(
  "firmware/board/wiring.svg",
  drawing(
    "Doorward: what hangs on the header",
    "Pin 1 is the corner pin beside the card slot. Switch the Pi off before you touch a wire. The chime's transformer side only, never mains.",
    parts,
  ),
);

const jumpers = [
  {
    title: "Drives the bell",
    lines: ["rig's output BCM 5 pulls", "BCM 17 low: 1 kΩ between"],
    side: left,
    y: 84,
    leads: [
      [11, "#1f6fb2", "BCM 17"],
      [29, "#1f6fb2", "BCM 5"],
    ],
    lanes: [390, 370],
  },
  {
    title: "Drives the indoor button",
    lines: ["1 kΩ between"],
    side: left,
    y: 224,
    leads: [
      [13, "#2a9d4a", "BCM 27"],
      [31, "#2a9d4a", "BCM 6"],
    ],
    lanes: [350, 330],
  },
  {
    title: "Drives the PIR's input",
    lines: ["1 kΩ between"],
    side: left,
    y: 350,
    leads: [
      [15, "#8e44ad", "BCM 22"],
      [33, "#8e44ad", "BCM 13"],
    ],
    lanes: [310, 290],
  },
  {
    title: "Reads the chime's relay",
    lines: ["no relay in the harness"],
    side: right,
    y: 84,
    leads: [
      [16, "#1f6fb2", "BCM 23"],
      [26, "#1f6fb2", "BCM 7"],
    ],
    lanes: [530, 610],
  },
  {
    title: "Reads the status LED",
    lines: ["1 kΩ between"],
    side: right,
    y: 204,
    leads: [
      [18, "#2a9d4a", "BCM 24"],
      [38, "#2a9d4a", "BCM 20"],
    ],
    lanes: [550, 590],
  },
  {
    title: "Reads the recording LED",
    lines: ["1 kΩ between"],
    side: right,
    y: 324,
    leads: [
      [22, "#c0392b", "BCM 25"],
      [40, "#c0392b", "BCM 21"],
    ],
    lanes: [570, 630],
  },
];
writeFileSync(
  "firmware/board/jumpers.svg",
  drawing(
    "Doorward: jumper harness for a test rig",
    "Each input of the doorbell is driven, each output read, by another pin of the same header. Take the buttons, the relay and the LEDs off first.",
    jumpers,
  ),
);
