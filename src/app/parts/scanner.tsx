import { useEffect, useRef, useState } from "preact/hooks";
import { Notice } from "../../ui/notice.tsx";
import { Sheet } from "../../ui/sheet.tsx";
import { words } from "../words.ts";

const LOOK_EVERY_MS = 160;
/** By turns: a code that jsQR misses at one size, however long it is held still, it finds at another. */
const LONGEST_SIDES = [640, 560, 480] as const;

interface ScannerProps {
  readonly title: string;
  readonly onCode: (text: string) => void;
  readonly onClose: () => void;
}

type FindCode = (video: HTMLVideoElement) => Promise<string | null>;

interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
interface DetectorWindow {
  readonly BarcodeDetector?: {
    new (options: { readonly formats: readonly string[] }): Detector;
    getSupportedFormats(): Promise<readonly string[]>;
  };
}

/** The browser's own reader where it has one; jsQR, loaded now, where it has not. */
async function codeFinder(): Promise<FindCode> {
  const { BarcodeDetector } = globalThis as DetectorWindow;
  if (BarcodeDetector !== undefined && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { default: loaded } = await import("jsqr");
  const jsQR = loaded.default;
  const canvas = document.createElement("canvas");
  let looks = 0;
  return (video) => {
    const longestSide = LONGEST_SIDES[looks % LONGEST_SIDES.length] ?? LONGEST_SIDES[0];
    looks += 1;
    const scale = Math.min(1, longestSide / Math.max(video.videoWidth, video.videoHeight, 1));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null || canvas.width === 0) return Promise.resolve(null);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return Promise.resolve(jsQR(data, canvas.width, canvas.height)?.data ?? null);
  };
}

/** Looks through this device's camera until it sees a code. The camera is on only while this is open. */
export function Scanner({ title, onCode, onClose }: ScannerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    const state: { stream: MediaStream | null; isOver: boolean } = { stream: null, isOver: false };
    const look = async (): Promise<void> => {
      const [stream, find] = await Promise.all([
        navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }),
        codeFinder(),
      ]);
      state.stream = stream;
      const element = video.current;
      if (element === null) return;
      element.srcObject = stream;
      await element.play();
      while (!state.isOver) {
        const text = await find(element).catch(() => null);
        if (text !== null && text !== "") {
          onCode(text);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    };
    look()
      .catch(() => setFailed(true))
      .finally(() => state.isOver && stop());
    const stop = (): void => {
      state.isOver = true;
      for (const track of state.stream?.getTracks() ?? []) track.stop();
    };
    return stop;
  }, []);

  return (
    <Sheet title={title} onClose={onClose}>
      {failed ? (
        <Notice tone="bad">
          <p>{words.scanner.noCamera}</p>
        </Notice>
      ) : (
        <div class="viewfinder">
          <video ref={video} muted playsInline aria-label={words.scanner.hint} />
        </div>
      )}
      {failed ? null : <p class="muted">{words.scanner.hint}</p>}
      <button type="button" class="button plain" onClick={onClose}>
        {words.close}
      </button>
    </Sheet>
  );
}
