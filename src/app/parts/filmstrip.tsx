import { useEffect, useRef } from "preact/hooks";
import { sayLength } from "../../say/amounts.ts";
import type { Film } from "../model/film.ts";
import { words } from "../words.ts";

const FRAMES = 10;
const FRAME_WIDTH = 128;
const FRAME_HEIGHT = 72;

interface FilmstripProps {
  readonly film: Film;
  /** Milliseconds; see seamsOf. */
  readonly seams: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly onChange: (from: number, to: number) => void;
}

/** The film as a strip of pictures with two ends to move; both stand on seams only. */
export function Filmstrip({ film, seams, from, to, onChange }: FilmstripProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = seams.length - 1;
  const endMs = Math.max(1, seams[last] ?? 1);

  useEffect(() => {
    const drawing = new AbortController();
    if (canvas.current !== null) void drawStrip(canvas.current, film, drawing.signal).catch(() => undefined);
    return () => drawing.abort();
  }, [film]);

  const at = (seam: number): string => `${(100 * (seams[seam] ?? 0)) / endMs}%`;
  const said = (seam: number): string => words.share.seam(sayLength(seams[seam] ?? 0));
  return (
    <div class="filmstrip">
      <canvas ref={canvas} width={FRAMES * FRAME_WIDTH} height={FRAME_HEIGHT} />
      <span class="filmstrip-veil" style={{ left: 0, width: at(from) }} />
      <span class="filmstrip-veil" style={{ left: at(to), right: 0 }} />
      <span class="filmstrip-part" style={{ left: at(from), right: `calc(100% - ${at(to)})` }} />
      <SeamHandle
        label={words.share.from}
        seams={seams}
        at={from}
        min={0}
        max={to - 1}
        said={said}
        onMove={(seam) => onChange(seam, to)}
      />
      <SeamHandle
        label={words.share.to}
        seams={seams}
        at={to}
        min={from + 1}
        max={last}
        said={said}
        onMove={(seam) => onChange(from, seam)}
      />
    </div>
  );
}

interface SeamHandleProps {
  readonly label: string;
  readonly seams: readonly number[];
  readonly at: number;
  readonly min: number;
  readonly max: number;
  readonly said: (seam: number) => string;
  readonly onMove: (seam: number) => void;
}

function SeamHandle({ label, seams, at, min, max, said, onMove }: SeamHandleProps) {
  const endMs = Math.max(1, seams.at(-1) ?? 1);
  const move = (seam: number): void => onMove(Math.max(min, Math.min(max, seam)));
  const drag = (event: PointerEvent): void => {
    const handle = event.currentTarget as HTMLElement;
    const strip = handle.parentElement?.getBoundingClientRect();
    if (strip === undefined || !handle.hasPointerCapture(event.pointerId)) return;
    const ms = ((event.clientX - strip.left) / strip.width) * endMs;
    const distances = seams.map((seam) => Math.abs(seam - ms));
    move(distances.indexOf(Math.min(...distances)));
  };
  const keys: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - 5,
    PageUp: at + 5,
    Home: min,
    End: max,
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      class="seam-handle"
      style={{ left: `${(100 * (seams[at] ?? 0)) / endMs}%` }}
      aria-label={label}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={at}
      aria-valuetext={said(at)}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={(event) => {
        const seam = keys[event.key];
        if (seam === undefined) return;
        event.preventDefault();
        move(seam);
      }}
    />
  );
}

/** Pictures at even distances, made on this phone from the opened film. */
async function drawStrip(canvas: HTMLCanvasElement, film: Film, signal: AbortSignal): Promise<void> {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const url = URL.createObjectURL(new Blob([film.wholeMp4() as Uint8Array<ArrayBuffer>], { type: "video/mp4" }));
  const video = document.createElement("video");
  try {
    video.muted = true;
    video.preload = "auto";
    video.src = url;
    await heard(video, "loadeddata", signal);
    for (let i = 0; i < FRAMES && !signal.aborted; i += 1) {
      video.currentTime = (video.duration * (i + 0.5)) / FRAMES;
      await heard(video, "seeked", signal);
      context.drawImage(video, i * FRAME_WIDTH, 0, FRAME_WIDTH, FRAME_HEIGHT);
    }
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

function heard(video: HTMLVideoElement, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    video.addEventListener(event, () => resolve(), { once: true, signal });
    video.addEventListener("error", () => reject(new Error("the film cannot be drawn")), { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
