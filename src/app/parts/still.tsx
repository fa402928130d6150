import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../ui/icon.tsx";
import { useObjectUrl } from "../../ui/object-url.ts";
import type { ClipEntry } from "../model/clip-entry.ts";
import type { Home } from "../model/home.ts";

interface StillProps {
  readonly home: Home;
  readonly entry: ClipEntry;
}

/** The key frame of a clip's trigger, opened when it comes into view. */
export function Still({ home, entry: { id, hasStill, trigger } }: StillProps) {
  const [jpeg, setJpeg] = useState<Uint8Array | null>(null);
  useEffect(() => {
    let isCurrent = true;
    setJpeg(null);
    if (hasStill) void home.clips.still(id).then((bytes) => isCurrent && setJpeg(bytes));
    return () => {
      isCurrent = false;
    };
  }, [id, hasStill]);
  const url = useObjectUrl(jpeg, "image/jpeg");
  return (
    <div class="still">
      {url === null ? (
        <Icon name={trigger === "ring" ? "bell" : "motion"} />
      ) : (
        <img src={url} alt="" decoding="async" />
      )}
    </div>
  );
}
