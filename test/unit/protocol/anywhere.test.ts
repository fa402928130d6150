import { createContext, runInContext } from "node:vm";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";

/** `doorward/protocol` as a browser would get it, run where nothing exists but the language and three web globals. */
function runElsewhere(expression: string, globals: Readonly<Record<string, unknown>>): unknown {
  const { outputFiles } = buildSync({
    entryPoints: ["src/protocol/index.ts"],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "protocol",
  });
  const context = createContext({ ...globals });
  runInContext(outputFiles[0]?.text ?? "", context);
  return runInContext(expression, context);
}

const webGlobals = {
  TextEncoder,
  TextDecoder,
  crypto: { getRandomValues: (bytes: Uint8Array) => bytes.fill(7) },
};

test("the package runs where there is neither Node nor DOM", () => {
  const expression = `(() => {
    const { portableCrypto: crypto, sealFragment, openFragment, verifySignature } = protocol;
    const pair = crypto.signingKeyFromSeed(crypto.randomBytes(32));
    const message = new Uint8Array([1, 2, 3]);
    const clip = crypto.randomBytes(16), key = crypto.randomBytes(32);
    const { leaf, ciphertext } = sealFragment(crypto, clip, 1, 1, key, message);
    const isSigned = verifySignature(pair.publicKey, message, crypto.sign(pair.secretKey, message));
    const isOpened = openFragment(crypto, clip, leaf, key, ciphertext).join() === "1,2,3";
    return isSigned && isOpened && typeof process === "undefined" && typeof Buffer === "undefined";
  })()`;
  expect(runElsewhere(expression, webGlobals)).toBe(true);
});

test("and needs what is declared in universal.d.ts (control)", () => {
  const { TextEncoder: _, ...less } = webGlobals;
  expect(() => runElsewhere("1", less)).toThrow("TextEncoder");
});
