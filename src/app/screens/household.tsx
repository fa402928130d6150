import { useEffect, useState } from "preact/hooks";
import { equalBytes, toHex } from "../../protocol/bytes.ts";
import type { MemberChange } from "../../protocol/statements/member.ts";
import { sayFingerprint } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Sheet } from "../../ui/sheet.tsx";
import type { Home, Household } from "../model/home.ts";
import {
  agree,
  type ChangeOutcome,
  canAct,
  changeHousehold,
  ownersIn,
  type Proposal,
  proposalsFor,
} from "../model/household.ts";
import { Explanations } from "../parts/explanations.tsx";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Invitation } from "../parts/invitation.tsx";
import { ScreenHead } from "../parts/screen-head.tsx";
import { type Action, useAction } from "../parts/use-action.ts";
import { words } from "../words.ts";

const LOOK_EVERY_MS = 3000;

export function HouseholdScreen({ home }: { readonly home: Home }) {
  const household = home.household.value;
  const [inviting, setInviting] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const action = useAction();
  const isOwner = home.standing.value === "owner";
  useEffect(() => {
    const look = (): void => void home.ask((doorbell) => home.refresh(doorbell)).catch(() => undefined);
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const change = (work: () => Promise<ChangeOutcome>): void =>
    action.run(async () => {
      setSaid(null);
      const { outcome, missing } = await work();
      setSaid(outcome === "applied" ? words.household.done : words.household.waits(missing));
    });
  return (
    <div class="stack loose">
      <ScreenHead title={words.household.title} text={words.household.lead} back={{ screen: "settings" }} />
      <FailureNotice error={action.error} />
      {said === null ? null : (
        <Notice tone="good">
          <p>{said}</p>
        </Notice>
      )}
      {household === null ? <div class="spinner" role="status" aria-label={words.loading} /> : null}
      {household === null ? null : (
        <>
          {isOwner ? <Newcomers household={household} action={action} onChange={change} home={home} /> : null}
          {isOwner ? <Proposals household={household} action={action} onChange={change} home={home} /> : null}
          <Members household={household} action={action} onChange={change} home={home} />
          {isOwner ? (
            <div>
              <Button kind="primary" icon="qr" onClick={() => setInviting(true)}>
                {words.household.invite}
              </Button>
            </div>
          ) : null}
          {isOwner ? <Quorum household={household} action={action} onChange={change} home={home} /> : null}
        </>
      )}
      <Explanations rows={words.household.explanations} />
      {inviting ? <Invitation home={home} onClose={() => setInviting(false)} /> : null}
    </div>
  );
}

interface PartProps {
  readonly home: Home;
  readonly household: Household;
  readonly action: Action;
  readonly onChange: (work: () => Promise<ChangeOutcome>) => void;
}

/** Phones that have paired and that nobody has let in yet. */
function Newcomers({ home, household, action, onChange }: PartProps) {
  if (household.waiting.length === 0) return null;
  const answer = (member: Uint8Array, role: MemberChange["role"]): void =>
    onChange(() => changeHousehold(home, { member, role }));
  return (
    <section class="stack" aria-labelledby="newcomers">
      <h2 id="newcomers">{words.household.newcomers}</h2>
      {household.waiting.map((member) => (
        <div key={toHex(member)} class="card stack">
          <p class="fingerprint">{sayFingerprint(toHex(member))}</p>
          {isClaiming(home, member) ? (
            <div>
              <span class="tag bad">{words.recovery.claims}</span>
            </div>
          ) : null}
          <p class="muted small">{words.household.compare}</p>
          <div class="button-row even">
            <Button disabled={action.busy} onClick={() => answer(member, "viewer")}>
              {words.household.asViewer}
            </Button>
            <Button disabled={action.busy} onClick={() => answer(member, "owner")}>
              {words.household.asOwner}
            </Button>
          </div>
          <div>
            <Button kind="quiet" disabled={action.busy} onClick={() => answer(member, "none")}>
              {words.household.sendAway}
            </Button>
          </div>
        </div>
      ))}
    </section>
  );
}

function isClaiming(home: Home, member: Uint8Array): boolean {
  const claim = home.recovery.value?.claim ?? null;
  return claim !== null && equalBytes(claim.member, member);
}

function Proposals({ home, household, action, onChange }: PartProps) {
  const [device, setDevice] = useState<Uint8Array | null>(null);
  useEffect(() => void home.deviceKey().then(setDevice), []);
  const proposals = device === null ? [] : proposalsFor(home, household, device);
  if (proposals.length === 0) return null;
  const text = ({ change: { member, role, quorum } }: Proposal): string => {
    const who = nameOf(home, member) ?? sayFingerprint(toHex(member));
    const what =
      role === "none" ? words.household.wouldGo(who) : words.household.wouldBe(who, words.household.roles[role]);
    return quorum === household.quorum ? what : `${what} ${words.household.wouldNeed(quorum)}`;
  };
  return (
    <section class="stack" aria-labelledby="proposals">
      <h2 id="proposals">{words.household.proposals}</h2>
      {proposals.map((proposal) => (
        <div key={toHex(proposal.payload)} class="card stack">
          <p>{text(proposal)}</p>
          <p class="fingerprint">{sayFingerprint(toHex(proposal.change.member))}</p>
          <div>
            <Button disabled={action.busy} onClick={() => onChange(() => agree(home, proposal))}>
              {words.household.agree}
            </Button>
          </div>
        </div>
      ))}
    </section>
  );
}

const nameOf = (home: Home, member: Uint8Array): string | undefined => home.names.of.value[toHex(member)];

function Members({ home, household, action, onChange }: PartProps) {
  const [chosen, setChosen] = useState<Household["members"][number] | null>(null);
  const { publicKey } = home.ground.identity.signer;
  return (
    <section class="stack" aria-labelledby="members">
      <h2 id="members">{words.household.members}</h2>
      <ul class="rows card">
        {household.members.map((member) => {
          const isThis = equalBytes(member.key, publicKey);
          const hex = toHex(member.key);
          return (
            <li key={hex}>
              <button type="button" class="row-button" onClick={() => setChosen(member)}>
                <Icon name="person" />
                <span class="row-text">
                  <strong>
                    {nameOf(home, member.key) ?? (isThis ? words.household.thisPhone : words.household.phone)}
                  </strong>
                  <span class="muted small mono">{sayFingerprint(hex)}</span>
                </span>
                <span class="tag">{words.household.roles[member.role]}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {chosen === null ? null : (
        <MemberSheet
          home={home}
          household={household}
          member={chosen}
          action={action}
          onChange={(work) => {
            setChosen(null);
            onChange(work);
          }}
          onClose={() => setChosen(null)}
        />
      )}
    </section>
  );
}

interface MemberSheetProps extends PartProps {
  readonly member: Household["members"][number];
  readonly onClose: () => void;
}

function MemberSheet({ home, household, member: { key, role }, action, onChange, onClose }: MemberSheetProps) {
  const hex = toHex(key);
  const [name, setName] = useState(nameOf(home, key) ?? "");
  const isOwner = home.standing.value === "owner";
  const other = role === "owner" ? "viewer" : "owner";
  const mayLeave = canAct(household, key, "none", household.quorum);
  const mayChange = canAct(household, key, other, household.quorum);
  return (
    <Sheet title={nameOf(home, key) ?? words.household.phone} onClose={onClose}>
      <p class="fingerprint">{sayFingerprint(hex)}</p>
      <p class="muted small">{words.household.roleTexts[role]}</p>
      <div class="field">
        <label for="member-name">{words.household.name}</label>
        <input
          id="member-name"
          class="input"
          maxLength={60}
          autocomplete="off"
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
          onChange={() => void home.names.set(hex, name)}
        />
        <p class="muted small">{words.household.nameText}</p>
      </div>
      {isOwner ? (
        <div class="stack">
          {mayLeave && mayChange ? null : <p class="small">{words.household.lastOwner}</p>}
          <Button
            disabled={action.busy || !mayChange}
            onClick={() => onChange(() => changeHousehold(home, { member: key, role: other }))}
          >
            {words.household.make[other]}
          </Button>
          <Button
            kind="danger"
            disabled={action.busy || !mayLeave}
            onClick={() => onChange(() => changeHousehold(home, { member: key, role: "none" }))}
          >
            {words.household.remove}
          </Button>
          <p class="muted small">{words.household.removeText}</p>
        </div>
      ) : null}
      <Button kind="quiet" onClick={onClose}>
        {words.close}
      </Button>
    </Sheet>
  );
}

function Quorum({ home, household, action, onChange }: PartProps) {
  const owners = ownersIn(household);
  const { publicKey } = home.ground.identity.signer;
  return (
    <section class="card stack">
      <div class="field">
        <label for="quorum">{words.household.quorum}</label>
        <select
          id="quorum"
          class="input"
          value={household.quorum}
          disabled={action.busy || owners < 2}
          onChange={({ currentTarget }) => {
            const quorum = Number(currentTarget.value);
            onChange(() => changeHousehold(home, { member: publicKey, role: "owner", quorum }));
          }}
        >
          {Array.from({ length: owners }, (_, i) => (
            <option key={i} value={i + 1}>
              {words.household.quorumOf(i + 1, owners)}
            </option>
          ))}
        </select>
      </div>
      <p class="muted small">{words.household.quorumText}</p>
    </section>
  );
}
