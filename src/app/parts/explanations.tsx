import { words } from "../words.ts";

/** What things mean, in plain words: a question and its answer each. */
export function Explanations({ rows }: { readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <section class="stack" aria-labelledby="explained">
      <h2 id="explained">{words.household.explained}</h2>
      <dl class="stack explained">
        {rows.map(([what, text]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd class="muted">{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
