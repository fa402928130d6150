import { Button } from "../../ui/button.tsx";
import { Sheet } from "../../ui/sheet.tsx";
import { eraseDatabase } from "../ground/database.ts";
import { pushWay, unsubscribeHere } from "../ground/push.ts";
import type { Home } from "../model/home.ts";
import { words } from "../words.ts";
import { FailureNotice } from "./failure-notice.tsx";
import { useAction } from "./use-action.ts";

interface ForgetSheetProps {
  readonly home: Home;
  readonly onClose: () => void;
}

/** Deletes all that this phone has of its doorbell, keys included, after saying so. */
export function ForgetSheet({ home, onClose }: ForgetSheetProps) {
  const action = useAction();
  const forget = (): void =>
    action.run(async () => {
      await endKnocks(home).catch(() => undefined); // the keys go, whoever can be reached
      await eraseDatabase(home.ground.database);
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

/** A doorbell would go on waking a phone that has forgotten it. An address of one's own only the doorbell can give up. */
async function endKnocks({ ground, link }: Home): Promise<void> {
  const { kind } = await pushWay(ground);
  await unsubscribeHere();
  if (kind !== "plain" || link.connection.value !== "online") return;
  await (await link.doorbell()).ask("push-unsubscribe", {});
}
