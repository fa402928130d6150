import { useEffect, useState } from "preact/hooks";
import { Film } from "../model/film.ts";
import type { Home } from "../model/home.ts";

/** The last film stays while one goes from watching to sharing and back. */
let kept: Film | null = null;

function filmOf(home: Home, id: string, isFresh: boolean): Film {
  if (!isFresh && kept?.id === id && kept.state.value !== "failed") return kept;
  kept?.stop();
  const film = new Film(id);
  kept = film;
  void home.link.clips().then(
    (source) => film.load(home.ground, source),
    (error: unknown) => {
      film.failure.value = error;
      film.state.value = "failed";
    },
  );
  return film;
}

/** A clip's film, being opened; `again` starts anew. */
export function useFilm(home: Home, id: string): { readonly film: Film; readonly again: () => void } {
  const [film, setFilm] = useState<Film>(() => filmOf(home, id, false));
  useEffect(() => {
    if (film.id !== id) setFilm(filmOf(home, id, false));
  }, [id]);
  return { film, again: () => setFilm(filmOf(home, id, true)) };
}
