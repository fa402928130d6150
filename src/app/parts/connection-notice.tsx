import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { HomeLink, Obstacle } from "../model/home-link.ts";
import { words } from "../words.ts";

interface ConnectionNoticeProps {
  readonly link: HomeLink;
  readonly obstacle: Obstacle;
  readonly text: string;
}

/** What stands between this phone and its doorbell, and a try at once. */
export function ConnectionNotice({ link, obstacle, text }: ConnectionNoticeProps) {
  return (
    <Notice tone="warn">
      <p>
        <strong>{words.connection[obstacle]}.</strong> {text}
      </p>
      <div>
        <Button kind="quiet" onClick={() => link.retryNow()}>
          {words.retry}
        </Button>
      </div>
    </Notice>
  );
}
