import { RtspCamera } from "../fakes/rtsp-camera.ts";
import { Child, until } from "./child.ts";

/** Films played in a loop, in real time, as the streams of one RTSP camera. */
export class PublishedCamera {
  readonly #camera = new RtspCamera();
  readonly #players: Child[] = [];
  #base = "";

  /** @param films - path of the stream, such as `/main`, to file. */
  async start(films: Readonly<Record<string, string>>, { loop = true } = {}): Promise<void> {
    this.#base = await this.#camera.start();
    for (const [path, film] of Object.entries(films)) {
      const repeat = loop ? ["-stream_loop", "-1"] : [];
      this.#players.push(
        new Child("ffmpeg", [
          ...["-nostdin", "-loglevel", "error", "-re", ...repeat, "-i", film, "-an", "-c", "copy"],
          ...["-f", "rtsp", "-rtsp_transport", "tcp", `${this.#base}${path}`],
        ]),
      );
    }
    for (const path of Object.keys(films))
      await until(`the camera gives ${path}`, 10_000, () => this.#camera.isPublished(path));
  }

  url(path: string): string {
    return this.#base + path;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#players.map((player) => player.stop()));
    this.#camera.stop();
  }
}
