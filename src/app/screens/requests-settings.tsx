import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Home } from "../model/home.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { useAction } from "../parts/use-action.ts";
import { words } from "../words.ts";

const DEGREE = 100_000;

/** Which registers are followed, and where the home stands; the place never leaves this phone. */
export function RequestsSettings({ home }: { readonly home: Home }) {
  const action = useAction();
  const [said, setSaid] = useState<string | null>(null);
  const { registers } = home.requests;
  const follow = (): void =>
    action.run(() =>
      home.ask(async (doorbell) => {
        setSaid((await home.requests.follow(doorbell)) ? null : words.requests.noneOffered);
      }),
    );
  return (
    <section class="stack" aria-labelledby="requests-settings">
      <div class="stack tight">
        <h2 id="requests-settings">{words.requests.setting}</h2>
        <p class="muted small">{words.requests.settingText}</p>
      </div>
      <div class="card stack">
        {registers.value.map((name) => (
          <div key={name} class="section-head">
            <span>
              {words.requests.followed}: <span class="mono">{name}</span>
            </span>
            <Button kind="quiet" disabled={action.busy} onClick={() => action.run(() => home.requests.unfollow(name))}>
              {words.requests.stop}
            </Button>
          </div>
        ))}
        <div>
          <Button disabled={action.busy} onClick={follow}>
            {words.requests.follow}
          </Button>
        </div>
        {said === null ? null : <p role="status">{said}</p>}
        <FailureNotice error={action.error} />
        <PlaceForm home={home} />
      </div>
    </section>
  );
}

function PlaceForm({ home }: { readonly home: Home }) {
  const place = home.requests.place.value;
  const text = (value: number | undefined): string => (value === undefined ? "" : (value / DEGREE).toFixed(5));
  const [latitude, setLatitude] = useState(text(place?.latitude));
  const [longitude, setLongitude] = useState(text(place?.longitude));
  const [said, setSaid] = useState<{ readonly tone: "good" | "bad"; readonly text: string } | null>(null);
  const here = (): void =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setLatitude(coords.latitude.toFixed(5));
        setLongitude(coords.longitude.toFixed(5));
      },
      () => setSaid({ tone: "bad", text: words.requests.placeDenied }),
      { enableHighAccuracy: true },
    );
  const save = async (): Promise<void> => {
    const [north, east] = [Number(latitude), Number(longitude)];
    const isPlace = latitude.trim() !== "" && longitude.trim() !== "" && Math.abs(north) <= 90 && Math.abs(east) < 180;
    if (!isPlace) return setSaid({ tone: "bad", text: words.requests.placeWrong });
    await home.requests.setPlace({ latitude: Math.round(north * DEGREE), longitude: Math.round(east * DEGREE) });
    setSaid({ tone: "good", text: words.requests.placeSaved });
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="two-fields">
        <div class="field">
          <label for="latitude">{words.requests.latitude}</label>
          <input
            id="latitude"
            class="input"
            inputMode="decimal"
            value={latitude}
            onInput={({ currentTarget }) => setLatitude(currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="longitude">{words.requests.longitude}</label>
          <input
            id="longitude"
            class="input"
            inputMode="decimal"
            value={longitude}
            onInput={({ currentTarget }) => setLongitude(currentTarget.value)}
          />
        </div>
      </div>
      <div class="button-row">
        <button type="submit" class="button plain">
          {words.requests.savePlace}
        </button>
        <Button kind="quiet" onClick={here}>
          {words.requests.here}
        </Button>
      </div>
      {said === null ? null : (
        <Notice tone={said.tone}>
          <p>{said.text}</p>
        </Notice>
      )}
    </form>
  );
}
