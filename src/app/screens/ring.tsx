import { useEffect } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { useObjectUrl } from "../../ui/object-url.ts";
import { sayTimeWithSeconds } from "../../ui/say.ts";
import { useModal } from "../../ui/use-modal.ts";
import type { Home } from "../model/home.ts";
import type { Ring } from "../model/ring.ts";
import { words } from "../words.ts";

/** Why no picture of who rang is there: none will come without a camera. */
function stillOf(home: Home, { isStillOver }: Ring): keyof typeof words.ring.noStill {
  const camera = home.status.value?.camera ?? "on";
  return camera === "on" && isStillOver ? "none" : camera;
}

/** Over everything else, until it is answered or put aside. */
export function RingScreen({ home, ring }: { readonly home: Home; readonly ring: Ring }) {
  const { dialog, titleId } = useModal();
  const url = useObjectUrl(ring.still, "image/jpeg");
  useEffect(() => {
    navigator.vibrate?.([300, 150, 300]);
  }, []);
  const dismiss = (): void => home.dismissRing();
  return (
    <dialog ref={dialog} class="ring" aria-labelledby={titleId} onCancel={dismiss}>
      <div class="ring-room">
        <div class="ring-picture">
          {url === null ? <Icon name="bell" size={56} /> : <img src={url} alt="" />}
          {url === null ? <p class="muted">{words.ring.noStill[stillOf(home, ring)]}</p> : null}
        </div>
      </div>
      <div class="ring-text">
        <h1 id={titleId}>{words.ring.title}</h1>
        <p>{words.ring.at(sayTimeWithSeconds(ring.atMs))}</p>
      </div>
      <div class="button-row even">
        <Button onClick={dismiss}>{words.ring.dismiss}</Button>
        <Button kind="primary" onClick={() => home.watch(true)}>
          {words.ring.answer}
        </Button>
      </div>
    </dialog>
  );
}
