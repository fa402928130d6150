import { RtspCamera } from "../fakes/rtsp-camera.ts";
import { Child, until } from "./child.ts";

/** Size of the picture and rate of an ordinary camera. */
const [WIDTH, HEIGHT, FRAMES_PER_SECOND] = [1280, 720, 15];
/** The clock's bits lie side by side in the top left corner, white for one; below them the same bits the other way round. */
const BLOCK = 32;
const BITS = 24;
/** Brightness in the range that cameras use. */
const [BLACK, WHITE] = [16, 235];
const PATH = "/clock";

/** What a page needs to read the clock. */
export const CLOCK = { block: BLOCK, bits: BITS, range: 2 ** BITS };

/** Sees a moving scene with the time of day in it, put there when the picture is taken, and gives H.264 by RTSP at once. */
export class ClockCamera {
  readonly #camera = new RtspCamera();
  #encoder: Child | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @returns its URL. */
  async start(): Promise<string> {
    const base = await this.#camera.start();
    const input = [
      "-f",
      "rawvideo",
      "-pix_fmt",
      "gray",
      "-s",
      `${WIDTH}x${HEIGHT}`,
      "-framerate",
      String(FRAMES_PER_SECOND),
    ];
    const rate = ["-b:v", "2M", "-maxrate", "2M", "-bufsize", "2M", "-g", String(FRAMES_PER_SECOND), "-bf", "0"];
    const encoder = new Child(
      "ffmpeg",
      [
        ...["-nostdin", "-loglevel", "error", "-fflags", "nobuffer", "-use_wallclock_as_timestamps", "1", ...input],
        ...["-i", "pipe:0", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
        // A picture keeps the time at which it was taken, also where the machine is late with it.
        ...["-fps_mode", "passthrough", "-enc_time_base", "1:1000"],
        ...[...rate, "-flush_packets", "1", "-f", "rtsp", "-rtsp_transport", "tcp", `${base}${PATH}`],
      ],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    this.#encoder = encoder;
    const { stdin } = encoder.process;
    stdin?.on("error", () => {});
    const scene = movingScene();
    let taken = 0;
    this.#timer = setInterval(() => {
      if (stdin === null || stdin === undefined || stdin.writableLength > 0) return; // a camera that is too slow drops
      taken += 1;
      stdin.write(withClock(scene.subarray((taken % 64) * 4, (taken % 64) * 4 + WIDTH * HEIGHT)));
    }, 1000 / FRAMES_PER_SECOND);
    await until("the camera with the clock is there", 20_000, () => this.#camera.isPublished(PATH));
    return base + PATH;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#encoder?.process.stdin?.destroy();
    await this.#encoder?.stop();
    this.#camera.stop();
  }
}

/** Soft waves, a little more than a picture of them: what begins further in it has moved. */
function movingScene(): Buffer {
  const scene = Buffer.alloc(WIDTH * HEIGHT + 256);
  for (let i = 0; i < scene.length; i += 1) {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    scene[i] = 110 + 40 * Math.sin(x / 37) + 40 * Math.cos(y / 23);
  }
  return scene;
}

function withClock(scene: Buffer): Buffer {
  const picture = Buffer.from(scene);
  const nowMs = Date.now();
  for (let bit = 0; bit < BITS; bit += 1) {
    const isOne = Math.floor(nowMs / 2 ** bit) % 2 === 1;
    for (let y = 0; y < 2 * BLOCK; y += 1) {
      const from = y * WIDTH + bit * BLOCK;
      picture.fill(isOne === y < BLOCK ? WHITE : BLACK, from, from + BLOCK);
    }
  }
  return picture;
}
