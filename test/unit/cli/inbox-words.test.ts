import { expect, test } from "vitest";
import { inboxWords } from "../../../src/cli/inbox-words.ts";

test.each([
  "mqtt://127.0.0.1:1883",
  "mqtt://127.1",
  "ws://192.168.1.1/admin?reboot=1",
  "mqtts://[::1]:8883",
  "mqtts://[fe80::1]",
  "mqtt://[::ffff:192.168.1.1]",
  "mqtt://localhost",
  "mqtt://router.lan",
  "wss://printer",
])("%s is told to lead into the home", (url) => expect(inboxWords(url)).toContain("inside your own network"));

test.each(["mqtts://mail.example:8883", "mqtt://203.0.113.7", "wss://[2001:db8::1]/mqtt"])("%s is not", (url) =>
  expect(inboxWords(url)).not.toContain("inside"),
);

test("the host comes first, whatever stands before it in the address", () => {
  expect(inboxWords("mqtts://bank.example:8883@elsewhere.example")).toMatch(/^elsewhere\.example, by /);
});

test("an address that is none says so", () => {
  expect(inboxWords("mqtt://[")).toContain("no address");
});
