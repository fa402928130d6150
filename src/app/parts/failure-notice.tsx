import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { failureText } from "../model/failure.ts";
import { words } from "../words.ts";

interface FailureNoticeProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** Comes into view by itself: what was pressed may be far above it on a phone. */
export function FailureNotice({ error, onRetry }: FailureNoticeProps) {
  const text = useRef<HTMLParagraphElement>(null);
  useEffect(() => text.current?.scrollIntoView({ block: "nearest" }), [error]);
  if (error === null) return null;
  return (
    <Notice tone="bad">
      <p ref={text}>{failureText(error)}</p>
      {onRetry === undefined ? null : (
        <div>
          <Button kind="quiet" onClick={onRetry}>
            {words.retry}
          </Button>
        </div>
      )}
    </Notice>
  );
}
