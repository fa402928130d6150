// What our live view is measured against: ffmpeg makes RTP of the recorder's stream and node-datachannel forwards it.
// Arguments: the folder that has the package, the stream's socket. Prints the offer as JSON; reads the answer as JSON.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [folder, streamSocket] = process.argv.slice(2);
const { Audio, PeerConnection, Video } = createRequire(join(folder, "package.json"))("node-datachannel");
const VIDEO = { ssrc: 42, payloadType: 96 };
const AUDIO = { ssrc: 43, payloadType: 111 };
const programs = [];

// The package hangs or crashes when it is let go by itself.
process.once("SIGTERM", () => {
  for (const program of programs) program.kill("SIGKILL");
  process.kill(process.pid, "SIGKILL");
});

async function forward(track) {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1024 * 1024 });
  socket.on("message", (packet) => track.isOpen() && track.sendMessageBinary(packet));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket.address().port;
}

function feed(ports) {
  const target = (port) => `rtp://127.0.0.1:${port}?pkt_size=1200`;
  const rtp = ({ ssrc, payloadType }) => ["-ssrc", `${ssrc}`, "-payload_type", `${payloadType}`, "-f", "rtp"];
  const input = ["-fflags", "nobuffer", "-flags", "low_delay", "-probesize", "100000", "-analyzeduration", "0"];
  const sound = ["-c:a", "libopus", "-b:a", "32k", "-application", "lowdelay", "-compression_level", "1"];
  const pieces = ["-frame_duration", "60", "-ac", "1", "-ar", "48000"];
  const args = [
    ...["-nostdin", "-loglevel", "error", ...input, "-f", "mpegts", "-i", `unix:${streamSocket}`],
    ...["-map", "0:v:0", "-c:v", "copy", "-flush_packets", "1", ...rtp(VIDEO), target(ports.video)],
    ...(ports.audio === null ? [] : ["-map", "0:a:0", ...sound, ...pieces, "-flush_packets", "1"]),
    ...(ports.audio === null ? [] : [...rtp(AUDIO), target(ports.audio)]),
  ];
  programs.push(spawn("ffmpeg", args, { stdio: "ignore" }));
}

const hasSound = process.argv[4] !== "silent";
const peer = new PeerConnection("door", { iceServers: [] });
const picture = new Video("video", "SendOnly");
picture.addH264Codec(VIDEO.payloadType);
picture.addSSRC(VIDEO.ssrc, "door", "door", "door-picture");
const tracks = { video: peer.addTrack(picture), audio: null };
if (hasSound) {
  const sound = new Audio("audio", "SendOnly");
  sound.addOpusCodec(AUDIO.payloadType);
  sound.addSSRC(AUDIO.ssrc, "door", "door", "door-sound");
  tracks.audio = peer.addTrack(sound);
}
peer.onStateChange((state) => {
  if (state !== "connected" || programs.length > 0) return;
  const audio = tracks.audio === null ? Promise.resolve(null) : forward(tracks.audio);
  void Promise.all([forward(tracks.video), audio]).then(([videoPort, audioPort]) =>
    feed({ video: videoPort, audio: audioPort }),
  );
});
peer.onGatheringStateChange((state) => {
  if (state === "complete") process.stdout.write(`${JSON.stringify(peer.localDescription())}\n`);
});
createInterface({ input: process.stdin }).once("line", (line) => {
  const { sdp, type } = JSON.parse(line);
  peer.setRemoteDescription(sdp, type);
});
peer.setLocalDescription("offer");
