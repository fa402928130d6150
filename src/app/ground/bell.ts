/** Hertz: a third down, as bells at doors go. */
const TONES = [660, 528] as const;
const APART_SECONDS = 0.5;
const TONE_SECONDS = 1.2;
const LOUDNESS = 0.4;
const GESTURES = ["click", "keydown"] as const;

let audio: AudioContext | null = null;
let newest: OscillatorNode | null = null;

/** Browsers let no page sound that nobody has touched: from the first gesture on {@link ringBell} is heard. */
export function readyBell(): void {
  if (!("AudioContext" in globalThis)) return;
  let made: AudioContext | null = null;
  const unlock = async (): Promise<void> => {
    made ??= new AudioContext();
    await made.resume(); // does not settle where the browser takes this for no gesture; the next one may be
    for (const gesture of GESTURES) removeEventListener(gesture, onGesture);
    audio = made;
    if (newest === null) await made.suspend(); // an open loudspeaker costs power
  };
  const onGesture = (): void => void unlock().catch(() => undefined);
  for (const gesture of GESTURES) addEventListener(gesture, onGesture);
}

/** Two tones, in the loudness that the phone is set to; silence where the page may not sound. */
export async function ringBell(): Promise<void> {
  if (audio === null) return;
  const { currentTime: now } = audio;
  for (const [i, hertz] of TONES.entries()) newest = strike(audio, hertz, now + i * APART_SECONDS);
  const last = newest;
  last?.addEventListener("ended", () => {
    if (newest === last) void audio?.suspend();
  });
  await audio.resume();
}

function strike(at: AudioContext, hertz: number, startSeconds: number): OscillatorNode {
  const tone = new OscillatorNode(at, { frequency: hertz });
  const fading = new GainNode(at, { gain: LOUDNESS });
  fading.gain.setValueAtTime(LOUDNESS, startSeconds);
  fading.gain.exponentialRampToValueAtTime(0.001, startSeconds + TONE_SECONDS);
  tone.connect(fading).connect(at.destination);
  tone.start(startSeconds);
  tone.stop(startSeconds + TONE_SECONDS);
  return tone;
}
