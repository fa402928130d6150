import { useEffect, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { useObjectUrl } from "../../ui/object-url.ts";
import { sayTimeWithSeconds } from "../../ui/say.ts";
import { useModal } from "../../ui/use-modal.ts";
import { ringBell } from "../ground/bell.ts";
import { drawPicture } from "../ground/draw-picture.ts";
import type { Home } from "../model/home.ts";
import type { Ring } from "../model/ring.ts";
import { words } from "../words.ts";

const LARGEST_WIDTH = 1920;

/** Why no picture of who rang is there: none will come without a camera. */
function reasonOf(home: Home, isPictureOver: boolean): keyof typeof words.ring.noPicture {
  const camera = home.status.value?.camera ?? "on";
  return camera === "on" && isPictureOver ? "none" : camera;
}

/** Over everything else, until it is answered or put aside. */
export function RingScreen({ home, ring }: { readonly home: Home; readonly ring: Ring }) {
  const { dialog, titleId } = useModal();
  useEffect(() => {
    navigator.vibrate?.([300, 150, 300]);
    void ringBell();
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

function WhoRang({ home, ring: { picture, isPictureOver } }: { readonly home: Home; readonly ring: Ring }) {
  const [jpeg, setJpeg] = useState<Uint8Array | null>(null);
  const [isUndrawable, setUndrawable] = useState(false);
  useEffect(() => {
    if (picture === null) return;
    void drawPicture(picture, LARGEST_WIDTH).then((drawn) => {
      setJpeg(drawn);
      setUndrawable(drawn === null);
    });
  }, [picture]);
  const url = useObjectUrl(jpeg, "image/jpeg");
  if (url !== null) return <img src={url} alt="" />;
  return (
    <>
      <Icon name="bell" size={56} />
      <p class="muted">{words.ring.noPicture[isUndrawable ? "undrawable" : reasonOf(home, isPictureOver)]}</p>
    </>
  );
}
