import "reflect-metadata";
import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export interface ForgedLeaf {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

/**
 * What somebody who stole a doorbell's authority makes of it: a certificate for these names and addresses.
 * @param file - The authority's own `authority.json`.
 */
export async function forgedLeaf(
  file: string,
  dns: readonly string[],
  ips: readonly string[] = [],
): Promise<ForgedLeaf> {
  const stored = JSON.parse(await readFile(file, "utf8")) as { cert: string; key: string };
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const pkcs8 = createPrivateKey(stored.key).export({ type: "pkcs8", format: "der" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
  const dayMs = 86_400_000;
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=forged",
    issuer: new X509Certificate(stored.cert).subject,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + 30 * dayMs),
    publicKey: keys.publicKey as never,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new SubjectAlternativeNameExtension([
        ...dns.map((value) => ({ type: "dns" as const, value })),
        ...ips.map((value) => ({ type: "ip" as const, value })),
      ]),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { cert: certificate.toString("pem"), key };
}
