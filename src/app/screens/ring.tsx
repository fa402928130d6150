import { useEffect, useState } from "preact/hooks";
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
  useEffect(() => {
    navigator.vibrate?.([300, 150, 300]);
  }, []);
  const dismiss = (): void => home.dismissRing();
  return (
    <dialog ref={dialog} class="always-dark ring" aria-labelledby={titleId} onCancel={dismiss}>
      <div class="ring-room">
        <div class="ring-picture">
          <WhoRang home={home} ring={ring} />
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

/** The first to come, except that a browser may not decode the film. */
function WhoRang({ home, ring }: { readonly home: Home; readonly ring: Ring }) {
  const [undecodable, setUndecodable] = useState<Uint8Array | null>(null);
  const film = useObjectUrl(ring.film === undecodable ? null : ring.film, "video/mp4");
  const still = useObjectUrl(ring.still, "image/jpeg");
  if (film !== null) return <video src={film} muted playsInline autoPlay onError={() => setUndecodable(ring.film)} />;
  if (still !== null) return <img src={still} alt="" />;
  return (
    <>
      <Icon name="bell" size={56} />
      <p class="muted">{words.ring.noStill[stillOf(home, ring)]}</p>
    </>
  );
}
