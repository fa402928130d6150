/** Small combinators that turn parsed JSON into typed payloads and back. Anything not asked for is an error. */

import { fromBase64url, toBase64url } from "./bytes.ts";
import type { Json } from "./canonical-json.ts";
import { ProtocolError } from "./errors.ts";

export interface Shape<T> {
  /** @throws ProtocolError `json/shape`. */
  read(json: Json): T;
  write(value: T): Json;
}

export type ValueOf<S> = S extends Shape<infer T> ? T : never;

const wrong = (message: string): ProtocolError => new ProtocolError("json/shape", message);

export function isJsonObject(json: Json): json is { readonly [member: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

type Members = Readonly<Record<string, Shape<unknown>>>;
type ObjectOf<M extends Members> = { readonly [K in keyof M]: ValueOf<M[K]> };

/** An object with exactly these members. */
export function object<M extends Members>(members: M): Shape<ObjectOf<M>> {
  const names = Object.keys(members);
  const shapes = Object.entries(members);
  return {
    read(json) {
      if (!isJsonObject(json)) throw wrong("not an object");
      for (const name in json) {
        if (!Object.hasOwn(members, name)) throw wrong(`unknown member ${JSON.stringify(name)}`);
      }
      const read: Record<string, unknown> = {};
      for (const [name, shape] of shapes) {
        const value = Object.hasOwn(json, name) ? json[name] : undefined;
        if (value === undefined) throw wrong(`missing member ${name}`);
        read[name] = shape.read(value);
      }
      return read as ObjectOf<M>;
    },
    write(value) {
      return Object.fromEntries(names.map((name) => [name, members[name]?.write(value[name]) ?? null]));
    },
  };
}

/** Bytes of one length, as unpadded base64url. */
export function bytes(length: number): Shape<Uint8Array> {
  return {
    read(json) {
      if (typeof json !== "string") throw wrong("not base64url");
      let value: Uint8Array;
      try {
        value = fromBase64url(json);
      } catch (cause) {
        throw new ProtocolError("json/shape", "not base64url", { cause });
      }
      if (value.length !== length) throw wrong(`${value.length} bytes where ${length} belong`);
      return value;
    },
    write: toBase64url,
  };
}

export function integer(minimum: number, maximum: number): Shape<number> {
  return {
    read(json) {
      if (typeof json !== "number" || json < minimum || json > maximum) throw wrong("not an integer in range");
      return json;
    },
    write: (value) => value,
  };
}

export const boolean: Shape<boolean> = {
  read(json) {
    if (typeof json !== "boolean") throw wrong("not a boolean");
    return json;
  },
  write: (value) => value,
};

/** One of a few fixed words. */
export function literal<const Word extends string>(...words: readonly Word[]): Shape<Word> {
  return {
    read(json) {
      const word = words.find((candidate) => candidate === json);
      if (word === undefined) throw wrong(`not one of ${words.join(", ")}`);
      return word;
    },
    write: (value) => value,
  };
}

/** A code point takes one or two UTF-16 units, so most texts need no counting. */
const isAtMost = (value: string, maxCodePoints: number): boolean =>
  value.length <= maxCodePoints || (value.length <= 2 * maxCodePoints && Array.from(value).length <= maxCodePoints);

/** Text of at most so many code points. */
export function text(maxCodePoints: number): Shape<string> {
  return {
    read(json) {
      if (typeof json !== "string" || !isAtMost(json, maxCodePoints)) throw wrong("not a text of allowed length");
      return json;
    },
    write: (value) => value,
  };
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return {
    read: (json) => (json === null ? null : shape.read(json)),
    write: (value) => (value === null ? null : shape.write(value)),
  };
}

export function array<T>(item: Shape<T>, maxLength: number): Shape<readonly T[]> {
  return {
    read(json) {
      if (!Array.isArray(json) || json.length > maxLength) throw wrong("not a list of allowed length");
      return json.map((entry: Json) => item.read(entry));
    },
    write: (value) => value.map((entry) => item.write(entry)),
  };
}

/** Narrows a shape by a rule between members. */
export function where<T>(shape: Shape<T>, holds: (value: T) => boolean, rule: string): Shape<T> {
  return {
    read(json) {
      const value = shape.read(json);
      if (!holds(value)) throw wrong(rule);
      return value;
    },
    write: (value) => shape.write(value),
  };
}
