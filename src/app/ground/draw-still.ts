const WIDTH = 320;
const QUALITY = 0.8;
const WITHIN_MS = 5000;

/**
 * What a list shows of a clip.
 * @param picture - A clip's thumbnail: an MP4 of one picture, or a JPEG.
 * @returns JPEG, 320 wide; null where this browser cannot decode it.
 */
export async function drawStill(picture: Uint8Array): Promise<Uint8Array | null> {
  if (picture[0] === 0xff && picture[1] === 0xd8) return picture;
  const video = document.createElement("video");
  const url = URL.createObjectURL(new Blob([picture as Uint8Array<ArrayBuffer>], { type: "video/mp4" }));
  try {
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: url });
    void video.play().catch(() => undefined); // some phones fetch nothing before
    await hasPicture(video);
    return await jpegOf(video);
  } catch {
    return null;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

function hasPicture(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve, reject) => {
    video.addEventListener("loadeddata", () => resolve());
    video.addEventListener("error", () => reject(new Error("the browser does not decode this picture")));
    setTimeout(() => reject(new Error("the browser does not decode this picture in time")), WITHIN_MS);
  });
}

async function jpegOf(video: HTMLVideoElement): Promise<Uint8Array | null> {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  const jpeg = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return jpeg && new Uint8Array(await jpeg.arrayBuffer());
}
