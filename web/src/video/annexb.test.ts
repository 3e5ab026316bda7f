import { expect, test } from "vitest";
import { codecStringOf, unitsOf } from "./annexb";
import { bytesOf } from "./sample";

/** The beginning of a unit of the simulator's encoder (640x512, 10 Hz): delimiter, SPS, PPS; then an IDR slice's head. */
const H264 = bytesOf(
  "00000001091000000001" + "6742c016da028041a1000003000100000300148f162ea0" + "0000000168ce0fc8" + "000001658884",
);
/** VPS and SPS of libx265 for the same size. */
const H265 = bytesOf(
  "0000000140010c01ffff01600000030090000003000003005aba0240" + "00000001" +
  "42010101600000030090000003000003005aa005020080596e92930b9a020000030002000003001410",
);

test("units are found behind start codes of three and of four bytes", () => {
  expect([...unitsOf(H264)].map((u) => (u[0] ?? 0) & 0x1f)).toEqual([9, 7, 8, 5]);
  expect([...unitsOf(bytesOf("00000109"))].map((u) => u.length)).toEqual([1]);
  expect([...unitsOf(new Uint8Array(9))]).toEqual([]);
});

test("the codec string is profile, constraints and level of the parameter set", () => {
  expect(codecStringOf(H264, "h264")).toBe("avc1.42C016");
  expect(codecStringOf(H265, "h265")).toBe("hev1.1.6.L90.90");
});

test("without a parameter set, or without a decoder in any browser, there is none", () => {
  expect(codecStringOf(bytesOf("00000001419a"), "h264")).toBeNull();
  expect(codecStringOf(bytesOf("0000000167"), "h264")).toBeNull();
  expect(codecStringOf(H264, "mpeg2")).toBeNull();
});
