/** How bin/doorward of the package starts Node.js. */
export const NODE_FLAGS = ["--max-semi-space-size=2", "--no-memory-reducer"];
export const ENVIRONMENT = { MALLOC_ARENA_MAX: "1" };
