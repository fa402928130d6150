import { RECOVERY_ENTROPY_BYTES } from "../../protocol/recovery-keys.ts";
import { AppError } from "./errors.ts";

/** The list of 2,048 words is loaded with the first use: hardly anybody needs it twice. */
async function bip39() {
  const [{ entropyToMnemonic, mnemonicToEntropy }, { wordlist }] = await Promise.all([
    import("@scure/bip39"),
    import("@scure/bip39/wordlists/english.js"),
  ]);
  return {
    wordsOf: (entropy: Uint8Array): string => entropyToMnemonic(entropy, wordlist),
    entropyOf: (words: string): Uint8Array => mnemonicToEntropy(words, wordlist),
  };
}

/** Twelve English words, the last of which checks the others (BIP 39). */
export async function wordsOf(entropy: Uint8Array): Promise<readonly string[]> {
  return (await bip39()).wordsOf(entropy).split(" ");
}

/** @throws AppError `app/not-recovery-words`. */
export async function entropyOf(text: string): Promise<Uint8Array> {
  const { entropyOf: read } = await bip39();
  try {
    const entropy = read(
      text
        .trim()
        .toLowerCase()
        .split(/[\s,.;\d]+/)
        .filter(Boolean)
        .join(" "),
    );
    if (entropy.length === RECOVERY_ENTROPY_BYTES) return entropy;
  } catch {
    // said below
  }
  throw new AppError("app/not-recovery-words", "these are not twelve recovery words");
}
