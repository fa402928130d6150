import { useEffect, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import type { Gone } from "./ground/database.ts";
import { type Ground, type GroundProblem, NoGround, openGround } from "./ground/ground.ts";
import { Home, isKnownToDoorbell } from "./model/home.ts";
import { Message } from "./parts/message.tsx";
import { takePairingCode } from "./router.ts";
import { PairScreen } from "./screens/pair.tsx";
import { Shell } from "./shell.tsx";
import { words } from "./words.ts";

type Stage =
  | { readonly at: "loading" }
  | { readonly at: "no-ground"; readonly problem: GroundProblem | Gone }
  | { readonly at: "unpaired"; readonly ground: Ground }
  | { readonly at: "home"; readonly home: Home };

export function App() {
  const [stage, setStage] = useState<Stage>({ at: "loading" });
  const [code, setCode] = useState<string | null>(takePairingCode);

  useEffect(() => {
    const onHash = (): void => setCode((before) => takePairingCode() ?? before);
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);

  const enter = async (ground: Ground, paired: "owner" | "waiting" | null): Promise<void> => {
    const home = new Home(ground);
    await home.open(paired);
    if (paired !== null) setCode(null);
    setStage({ at: "home", home });
  };

  useEffect(() => {
    const start = async (): Promise<void> => {
      const ground = await openGround((problem) => setStage({ at: "no-ground", problem }));
      const state = await ground.store.read().catch(() => null);
      const device = state?.device ?? null;
      const isPaired = device !== null && (device.unconfirmed !== true || (await isKnownToDoorbell(ground)));
      if (isPaired) await enter(ground, null);
      else setStage({ at: "unpaired", ground });
    };
    start().catch((error: unknown) => {
      setStage({ at: "no-ground", problem: error instanceof NoGround ? error.problem : "no-storage" });
    });
  }, []);

  switch (stage.at) {
    case "loading":
      return <div class="splash" aria-busy="true" aria-label={words.loading} role="status" />;
    case "no-ground":
      return <GroundMessage problem={stage.problem} />;
    case "unpaired":
      return <PairScreen ground={stage.ground} code={code} onPaired={(role) => void enter(stage.ground, role)} />;
    case "home":
      return <Shell home={stage.home} hasOtherCode={code !== null} onCodeSeen={() => setCode(null)} />;
  }
}

const texts = {
  insecure: [words.ground.insecure, words.ground.insecureText],
  "no-storage": [words.ground.noStorage, words.ground.noStorageText],
  updated: [words.ground.updated, words.ground.updatedText],
  forgotten: [words.ground.forgotten, words.ground.forgottenText],
  closed: [words.ground.closed, words.ground.closedText],
} as const;

function GroundMessage({ problem }: { readonly problem: keyof typeof texts }) {
  const [title, text] = texts[problem];
  return (
    <main class="lone">
      <Message
        lone
        icon={problem === "insecure" || problem === "no-storage" ? "lock" : "info"}
        title={title}
        text={text}
      >
        <Button kind="primary" onClick={() => location.reload()}>
          {words.ground.reload}
        </Button>
      </Message>
    </main>
  );
}
