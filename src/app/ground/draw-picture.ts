import { h264Configuration, trackInfo } from "../../protocol/fmp4.ts";
import { needBox } from "../../protocol/mp4-boxes.ts";

const QUALITY = 0.8;
const WITHIN_MS = 5000;

const isJpeg = (picture: Uint8Array): boolean => picture[0] === 0xff && picture[1] === 0xd8;

/**
 * @param picture - A clip's thumbnail or who rang: an MP4 of one picture, or a JPEG, which stays as it is.
 * @param width - In pixels; the picture's own when that is smaller.
 * @returns JPEG; null where this browser cannot decode it now.
 */
export async function drawPicture(picture: Uint8Array, width: number): Promise<Uint8Array | null> {
  if (isJpeg(picture)) return picture;
  for (const draw of [byDecoder, byElement]) {
    const jpeg = await draw(picture, width).catch(() => null);
    if (jpeg !== null) return jpeg;
  }
  return null;
}

async function byDecoder(mp4: Uint8Array, width: number): Promise<Uint8Array | null> {
  if (!("VideoDecoder" in globalThis)) return null;
  const frames: VideoFrame[] = [];
  const decoder = new VideoDecoder({ output: (frame) => frames.push(frame), error: () => {} });
  try {
    decoder.configure({ codec: trackInfo(mp4).codec, description: h264Configuration(mp4) });
    decoder.decode(new EncodedVideoChunk({ type: "key", timestamp: 0, data: needBox(mp4, "mdat").content }));
    await decoder.flush(); // rejects what cannot be decoded
    const [frame] = frames;
    return frame === undefined ? null : await jpegOf(frame, frame.displayWidth, frame.displayHeight, width);
  } finally {
    for (const frame of frames) frame.close();
    if (decoder.state !== "closed") decoder.close();
  }
}

/** Shows nothing in a hidden page, nor on a phone that saves power. */
async function byElement(mp4: Uint8Array, width: number): Promise<Uint8Array | null> {
  if (document.hidden) return null;
  const video = document.createElement("video");
  const url = URL.createObjectURL(new Blob([mp4 as Uint8Array<ArrayBuffer>], { type: "video/mp4" }));
  try {
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: url });
    await hasPicture(video);
    return await jpegOf(video, video.videoWidth, video.videoHeight, width);
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

function hasPicture(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(reject, WITHIN_MS);
    const settle = (how: () => void) => (): void => {
      clearTimeout(late);
      how();
    };
    // Before it has looked for a moment of the film, an engine may draw nothing.
    video.addEventListener("seeked", settle(resolve));
    video.addEventListener("error", settle(reject));
    video.addEventListener("loadeddata", () => {
      video.currentTime = 0;
    });
  });
}

async function jpegOf(
  source: CanvasImageSource,
  sourceWidth: number,
  sourceHeight: number,
  width: number,
): Promise<Uint8Array | null> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(width, sourceWidth);
  canvas.height = Math.round((canvas.width * sourceHeight) / sourceWidth);
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const jpeg = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  canvas.width = 0; // gives its memory back at once
  return jpeg && new Uint8Array(await jpeg.arrayBuffer());
}
