import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { failureText } from "../model/failure.ts";
import { words } from "../words.ts";

interface FailureNoticeProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

export function FailureNotice({ error, onRetry }: FailureNoticeProps) {
  if (error === null) return null;
  return (
    <Notice tone="bad">
      <p>{failureText(error)}</p>
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
