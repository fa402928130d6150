import { inflateSync } from "node:zlib";
import jsqr from "jsqr";
import { expect, test } from "vitest";
import { qrImage } from "../../../src/cli/qr-image.ts";

/** Only what {@link qrImage} writes: one bit a pixel, one IDAT, no filter. */
function pixelsOf(png: Uint8Array): { readonly data: Uint8ClampedArray; readonly width: number } {
  const view = Buffer.from(png);
  const width = view.readUInt32BE(16);
  const length = view.readUInt32BE(33);
  const rows = inflateSync(view.subarray(41, 41 + length));
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  const rowBytes = Math.ceil(width / 8) + 1;
  for (let y = 0; y < width; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const isLight = ((rows[y * rowBytes + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1;
      data.fill(isLight === 1 ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { data, width };
}

test("a phone reads the picture of a pairing text", () => {
  const text = `doorward:1:${"aB3_".repeat(60)}`;
  const { data, width } = pixelsOf(qrImage(text));
  const read = jsqr as unknown as typeof jsqr.default; // CommonJS: its types promise a default that Node does not give
  expect(read(data, width, width)?.data).toBe(text);
});
