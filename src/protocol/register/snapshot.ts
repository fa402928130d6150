/** What a rule book remembers, as JSON: whoever follows a log keeps it and need not read the log from its beginning. */

import { fromBase64url, toBase64url } from "../bytes.ts";
import { array, boolean, bytes, integer, literal, nullable, object, type Shape, text } from "../shape.ts";
import { rulesStatement } from "./statements/rules.ts";

const number = integer(0, Number.MAX_SAFE_INTEGER);
const place = integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
/** Bounded by the log itself. */
const list = <T>(item: Shape<T>): Shape<readonly T[]> => array(item, Number.MAX_SAFE_INTEGER);

const envelope: Shape<Uint8Array> = {
  read: (json) => fromBase64url(text(32_768).read(json)),
  write: toBase64url,
};

export const snapshotShape = object({
  version: integer(1, 1),
  register: text(120),
  lastAt: number,
  operator: nullable(bytes(32)),
  rules: nullable(rulesStatement.shape),
  requesters: list(
    object({
      key: bytes(32),
      agency: text(120),
      revoked: boolean,
      vouched: literal("good", "forged", "unread"),
      /** Both only of an accreditation whose signature nobody has looked at. */
      statement: nullable(envelope),
      operator: nullable(bytes(32)),
      day: number,
      requestsThatDay: number,
    }),
  ),
  recent: list(
    object({
      at: number,
      area: object({ latitude: place, longitude: place, radius: number }),
      window: object({ start: number, end: number }),
    }),
  ),
  open: list(object({ digest: bytes(32), subject: text(1_000), expires: number })),
  known: list(number),
});
