import { spawn } from "node:child_process";
import { once } from "node:events";

const SECONDS = 40;

/**
 * A small film with a key frame every quarter of a second, so that fragments end often, and with noise, so that a share
 * of two seconds has many chunks. H.264 is copied, so the recording costs almost nothing.
 */
export async function makeFilm(path: string): Promise<void> {
  const picture = "testsrc2=size=320x180:rate=8,noise=alls=40:allf=t";
  const child = spawn(
    "ffmpeg",
    [
      ...["-hide_banner", "-nostdin", "-loglevel", "error", "-y"],
      ...["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"],
      ...["-t", String(SECONDS), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0"],
      ...["-g", "2", "-b:v", "5M", "-c:a", "aac", "-b:a", "64k", "-ac", "1", path],
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const [status] = (await once(child, "exit")) as [number | null];
  if (status !== 0) throw new Error("ffmpeg could not make the test film");
}
