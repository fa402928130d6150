import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { saveFile } from "../../ui/save-file.ts";
import { Sheet } from "../../ui/sheet.tsx";
import { makeBackup, restoreBackup } from "../ground/backup.ts";
import type { Ground } from "../ground/ground.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { useAction } from "../parts/use-action.ts";
import { words } from "../words.ts";

const SHORTEST_PASSPHRASE = 12;

interface PassphraseProps {
  readonly value: string;
  readonly isNew: boolean;
  readonly onInput: (value: string) => void;
}

function Passphrase({ value, isNew, onInput }: PassphraseProps) {
  return (
    <div class="field">
      <label for="passphrase">{words.backup.passphrase}</label>
      <input
        id="passphrase"
        class="input"
        type="password"
        autocomplete={isNew ? "new-password" : "current-password"}
        minLength={isNew ? SHORTEST_PASSPHRASE : 1}
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      {isNew ? <p class="muted small">{words.backup.passphraseHint(SHORTEST_PASSPHRASE)}</p> : null}
    </div>
  );
}

/** A file of the keys that open recordings, after saying what it costs. */
export function BackupSheet({ ground, onClose }: { readonly ground: Ground; readonly onClose: () => void }) {
  const [passphrase, setPassphrase] = useState("");
  const action = useAction();
  const save = (): void =>
    action.run(async () => {
      saveFile("doorward-backup.json", "application/json", await makeBackup(ground, passphrase));
      onClose();
    });
  return (
    <Sheet title={words.backup.title} onClose={onClose}>
      <p>{words.backup.text}</p>
      <Notice tone="warn">
        <p>{words.backup.cost}</p>
      </Notice>
      <Passphrase value={passphrase} isNew onInput={setPassphrase} />
      <FailureNotice error={action.error} />
      <div class="button-row even">
        <Button onClick={onClose}>{words.cancel}</Button>
        <Button disabled={action.busy || passphrase.length < SHORTEST_PASSPHRASE} onClick={save}>
          {words.backup.save}
        </Button>
      </div>
    </Sheet>
  );
}

export function RestoreSheet({ ground, onClose }: { readonly ground: Ground; readonly onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const [isDone, setDone] = useState(false);
  const action = useAction();
  const restore = (): void =>
    action.run(async () => {
      await restoreBackup(ground, (await file?.text()) ?? "", passphrase);
      setDone(true);
    });
  return (
    <Sheet title={words.backup.restore} onClose={onClose}>
      {isDone ? (
        <>
          <Notice tone="good">
            <p>{words.backup.restored}</p>
          </Notice>
          <Button onClick={onClose}>{words.close}</Button>
        </>
      ) : (
        <>
          <p>{words.backup.restoreText}</p>
          <div class="field">
            <label for="backup-file">{words.backup.file}</label>
            <input
              id="backup-file"
              class="input"
              type="file"
              onChange={({ currentTarget }) => setFile(currentTarget.files?.[0] ?? null)}
            />
          </div>
          <Passphrase value={passphrase} isNew={false} onInput={setPassphrase} />
          <FailureNotice error={action.error} />
          <div class="button-row even">
            <Button onClick={onClose}>{words.cancel}</Button>
            <Button disabled={action.busy || file === null || passphrase === ""} onClick={restore}>
              {words.backup.restoreNow}
            </Button>
          </div>
        </>
      )}
    </Sheet>
  );
}
