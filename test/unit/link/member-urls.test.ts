import { describe, expect, test } from "vitest";
import { memberUrls } from "../../../src/device/link/member-urls.ts";
import { parseBrokerUrls } from "../../../src/protocol/link-login.ts";
import { testCertificate, testCertificateKey } from "../../contract/link-certificate.ts";

const embedded = { kind: "embedded", port: 1883 } as const;

describe("the brokers that a pairing code names", () => {
  test("are the embedded one's host and port", () => {
    expect(memberUrls({ ...embedded, host: "127.0.0.1" }, 4711)).toBe("mqtt://127.0.0.1:4711");
    expect(memberUrls({ ...embedded, host: "fd00::7" }, 4711)).toBe("mqtt://[fd00::7]:4711");
  });

  test("are places one can connect to, when it listens everywhere", () => {
    const urls = parseBrokerUrls(memberUrls({ ...embedded, host: "0.0.0.0" }, 1883)).map(({ url }) => url);
    expect(urls.length).toBeGreaterThan(0);
    expect(urls.join()).not.toContain("0.0.0.0");
    expect(urls.at(-1)).toMatch(/\.local:1883$/);
  });

  test("carry the certificate's digest when the device made it itself", () => {
    const tls = { cert: testCertificate, key: testCertificateKey };
    const [broker] = parseBrokerUrls(memberUrls({ ...embedded, host: "127.0.0.1", tls }, 8883));
    expect(broker).toMatchObject({ url: "mqtts://127.0.0.1:8883", login: null });
    expect(broker?.certificateSha256).toHaveLength(32);
  });

  test("carry an external broker's login, with any characters in it", () => {
    const login = { username: "door bell", password: "p@ss/w:rd#ü" };
    const text = memberUrls({ kind: "external", url: "mqtts://broker.example:8883", ...login }, 0);
    expect(parseBrokerUrls(text)).toEqual([{ url: "mqtts://broker.example:8883", login, certificateSha256: null }]);
    const member = { memberUsername: "phone", memberPassword: "x" };
    const other = memberUrls({ kind: "external", url: "mqtt://b", ...login, ...member }, 0);
    expect(parseBrokerUrls(other)).toMatchObject([{ login: { username: "phone", password: "x" } }]);
  });

  test.each(["", "http://a", "mqtt://", "mqtt://a b", "mqtt://a#sha256=00", "mqtt://u@a"])(
    "%j is no broker",
    (text) => {
      expect(() => parseBrokerUrls(text)).toThrow(expect.objectContaining({ code: "pairing/qr" }));
    },
  );
});
