import { Button } from "../../ui/button.tsx";
import { Sheet } from "../../ui/sheet.tsx";
import { eraseDatabase } from "../ground/database.ts";
import type { Ground } from "../ground/ground.ts";
import { words } from "../words.ts";
import { FailureNotice } from "./failure-notice.tsx";
import { useAction } from "./use-action.ts";

interface ForgetSheetProps {
  readonly ground: Pick<Ground, "database">;
  readonly onClose: () => void;
}

/** Deletes all that this phone has of its doorbell, keys included, after saying so. */
export function ForgetSheet({ ground: { database }, onClose }: ForgetSheetProps) {
  const action = useAction();
  const forget = (): void =>
    action.run(async () => {
      await eraseDatabase(database);
      location.reload();
    });
  return (
    <Sheet title={words.settings.forgetTitle} onClose={onClose}>
      <p>{words.settings.forgetText}</p>
      <FailureNotice error={action.error} />
      <div class="button-row even">
        <Button onClick={onClose}>{words.settings.forgetNo}</Button>
        <Button kind="danger" onClick={forget} disabled={action.busy}>
          {words.settings.forgetYes}
        </Button>
      </div>
    </Sheet>
  );
}
