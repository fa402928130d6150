/** The project's sign: a door that only one key opens. */
export function Mark({ size = 56 }: { readonly size?: number }) {
  return <img class="mark" src="./icon.svg" width={size} height={size} alt="" />;
}
