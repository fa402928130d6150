/** How many examples a property tries; `SLOW=1` asks for many more. */
const { SLOW } = process.env;

export const tries = (normally: number): { readonly numRuns: number } => ({
  numRuns: SLOW === "1" ? normally * 50 : normally,
});
