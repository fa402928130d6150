import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Sheet } from "../../ui/sheet.tsx";
import type { Home } from "../model/home.ts";
import { setRecovery } from "../model/recovery.ts";
import { Explanations } from "../parts/explanations.tsx";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { RecoveryProposals } from "../parts/recovery-proposals.tsx";
import { ScreenHead } from "../parts/screen-head.tsx";
import { useAction } from "../parts/use-action.ts";
import { words } from "../words.ts";
import { NewRecoveryWords } from "./recovery-new.tsx";

export function RecoveryScreen({ home }: { readonly home: Home }) {
  const [open, setOpen] = useState<"new" | "remove" | null>(null);
  const recovery = home.recovery.value;
  const close = (): void => setOpen(null);
  return (
    <div class="stack loose">
      <ScreenHead title={words.recovery.title} text={words.recovery.lead} back={{ screen: "settings" }} />
      {recovery === null ? <div class="spinner" role="status" aria-label={words.loading} /> : null}
      {recovery === null ? null : (
        <section class="card stack">
          <div class="stack tight">
            <h2>{recovery.registered ? words.recovery.set : words.recovery.none}</h2>
            <p class="muted">
              {!recovery.registered
                ? words.recovery.noneText
                : recovery.footage
                  ? words.recovery.setFootage
                  : words.recovery.setNoFootage}
            </p>
          </div>
          {home.standing.value === "owner" ? (
            <div class="button-row">
              <Button kind={recovery.registered ? "plain" : "primary"} onClick={() => setOpen("new")}>
                {recovery.registered ? words.recovery.makeAnew : words.recovery.make}
              </Button>
              {recovery.registered ? (
                <Button kind="danger" onClick={() => setOpen("remove")}>
                  {words.recovery.remove}
                </Button>
              ) : null}
            </div>
          ) : null}
        </section>
      )}
      {home.standing.value === "owner" ? <RecoveryProposals home={home} /> : null}
      <Explanations rows={words.recovery.explanations} />
      {open === "new" ? <NewRecoveryWords home={home} onClose={close} /> : null}
      {open === "remove" ? <RemoveSheet home={home} onClose={close} /> : null}
    </div>
  );
}

function RemoveSheet({ home, onClose }: { readonly home: Home; readonly onClose: () => void }) {
  const action = useAction();
  const remove = (): void =>
    action.run(async () => {
      await setRecovery(home, null, false);
      onClose();
    });
  return (
    <Sheet title={words.recovery.removeTitle} onClose={onClose}>
      <Notice>
        <p>{words.recovery.removeText}</p>
      </Notice>
      <FailureNotice error={action.error} />
      <div class="button-row even">
        <Button onClick={onClose}>{words.recovery.removeNo}</Button>
        <Button kind="danger" disabled={action.busy} onClick={remove}>
          {words.recovery.removeYes}
        </Button>
      </div>
    </Sheet>
  );
}
