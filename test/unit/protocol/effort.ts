/** How many examples a property tries; `SLOW=1` asks for many more. */
export const tries = (normally: number): { readonly numRuns: number } => ({
  numRuns: process.env["SLOW"] === "1" ? normally * 50 : normally,
});
