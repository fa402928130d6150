/** The few globals that every engine has and `lib: es2023` does not declare. Nothing else may be used here. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label: "utf-8", options: { readonly fatal: true; readonly ignoreBOM: true });
  decode(bytes: Uint8Array): string;
}
declare const crypto: {
  getRandomValues(bytes: Uint8Array): Uint8Array;
  /** Only where a page came over HTTPS or from the own machine. */
  readonly subtle?: { digest(name: "SHA-256", bytes: Uint8Array): Promise<ArrayBuffer> };
};
