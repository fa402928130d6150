import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { saveFile } from "../../ui/save-file.ts";
import { useModal } from "../../ui/use-modal.ts";
import type { Home } from "../model/home.ts";
import { type CallState, LiveCall } from "../model/live-call.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { type PictureState, useMovingPicture } from "../parts/use-moving-picture.ts";
import { words } from "../words.ts";

function statusText(state: CallState, isTalking: boolean, pictures: PictureState): string {
  if (state !== "live") return words.live[state];
  if (isTalking) return words.live.talking;
  return pictures === "still" ? words.live.standsStill : words.live.seen;
}

/** The door as it is now, over everything else, until it is closed. */
export function LiveScreen({ home }: { readonly home: Home }) {
  const { dialog, titleId } = useModal();
  const picture = useRef<HTMLVideoElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [call, setCall] = useState<LiveCall | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isMuted, setMuted] = useState(false);

  useEffect(() => {
    const made = new LiveCall(home);
    setCall(made);
    setError(null);
    if (picture.current !== null) picture.current.srcObject = made.stream;
    made.start().catch((failure: unknown) => {
      made.close();
      setError(failure);
    });
    return () => made.close();
  }, [attempt]);

  const close = (): void => home.watch(false);
  const state = call?.state.value ?? "connecting";
  const pictures = useMovingPicture(picture, state === "live");
  const again = (): void => setAttempt(attempt + 1);
  return (
    <dialog ref={dialog} class="always-dark ring live" aria-labelledby={titleId} onCancel={close}>
      <div class="ring-room">
        <div class="ring-picture">
          <video
            ref={picture}
            class={state !== "live" ? "waiting" : pictures === "still" ? "still" : ""}
            autoplay
            playsInline
            muted={isMuted}
            aria-label={words.live.title}
          />
          {error !== null || state !== "live" ? <Icon name="camera" size={56} /> : null}
        </div>
      </div>
      <div class="ring-text">
        <h1 id={titleId}>{words.live.title}</h1>
        <p role="status">
          {error !== null && state !== "live" ? null : statusText(state, call?.talking.value === true, pictures)}
        </p>
        <FailureNotice error={error} />
      </div>
      {state === "live" && call !== null ? (
        <div class="live-tools">
          <TalkButton call={call} onFailed={setError} />
          <Button
            icon={isMuted ? "muted" : "sound"}
            label={isMuted ? words.player.unmute : words.player.mute}
            pressed={isMuted}
            onClick={() => setMuted(!isMuted)}
          />
          <Button icon="camera" label={words.live.snapshot} onClick={() => keepSnapshot(picture.current)} />
        </div>
      ) : null}
      <div class="button-row even">
        {state === "ended" || error !== null ? (
          <Button kind="primary" onClick={again}>
            {words.retry}
          </Button>
        ) : null}
        <Button onClick={close}>{words.close}</Button>
      </div>
    </dialog>
  );
}

interface TalkButtonProps {
  readonly call: LiveCall;
  readonly onFailed: (error: unknown) => void;
}

/** Held by finger, mouse, space or enter; let go in any way, the microphone closes. */
function TalkButton({ call, onFailed }: TalkButtonProps) {
  const hold = (on: boolean): void => void call.talk(on).catch(onFailed);
  const isKey = (key: string): boolean => key === " " || key === "Enter";
  const isOpen = call.talking.value;
  return (
    <button
      type="button"
      class={`button primary talk ${isOpen ? "open" : ""}`}
      aria-pressed={isOpen}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        hold(true);
      }}
      onPointerUp={() => hold(false)}
      onPointerCancel={() => hold(false)}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (isKey(event.key) && !event.repeat) hold(true);
      }}
      onKeyUp={(event) => {
        if (isKey(event.key)) hold(false);
      }}
      onBlur={() => hold(false)}
    >
      <Icon name="microphone" size={20} />
      {words.live.talk}
    </button>
  );
}

function keepSnapshot(video: HTMLVideoElement | null): void {
  if (video === null || video.videoWidth === 0) return;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  canvas.toBlob(
    (blob) => {
      if (blob === null) return;
      const name = `doorward-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.jpg`;
      void blob.arrayBuffer().then((bytes) => saveFile(name, "image/jpeg", new Uint8Array(bytes)));
    },
    "image/jpeg",
    0.92,
  );
}
