import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { RECOVERY_ENTROPY_BYTES } from "../protocol/recovery-keys.ts";
import { CliError } from "./errors.ts";

/** Twelve English words, the last of which checks the others (BIP 39). */
export const wordsOf = (entropy: Uint8Array): string => entropyToMnemonic(entropy, wordlist);

/** @throws CliError `cli/usage`. */
export function entropyOf(text: string): Uint8Array {
  const words = text.trim().toLowerCase().split(/\s+/).join(" ");
  try {
    const entropy = mnemonicToEntropy(words, wordlist);
    if (entropy.length === RECOVERY_ENTROPY_BYTES) return entropy;
  } catch {
    // said below
  }
  throw new CliError("cli/usage", "these are not twelve recovery words", {
    hint: "Give them in their order, separated by spaces; each is in the list of BIP 39, and the last one checks the others.",
  });
}
