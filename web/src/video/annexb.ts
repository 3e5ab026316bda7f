/** What the first parameter set of a stream says to WebCodecs (ITU-T H.264 7.3.2.1.1, H.265 7.3.3; RFC 6381). */

import type { Codec } from "./envelope";

const H264_SPS = 7;
const HEVC_SPS = 33;

/** The units between start codes (Annex B), without them. */
export function* unitsOf(data: Uint8Array): Generator<Uint8Array> {
  let begin = -1;
  for (let at = 0; at + 2 < data.length; at += 1) {
    if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 1) continue;
    if (begin >= 0) yield data.subarray(begin, at);
    begin = at + 3;
    at += 2;
  }
  if (begin >= 0) yield data.subarray(begin);
}

/** `avc1.PPCCLL` or `hev1....` of the parameter set in this unit; null where there is none, or none for browsers. */
export function codecStringOf(data: Uint8Array, codec: Codec): string | null {
  for (const unit of unitsOf(data)) {
    const first = unit[0] ?? 0;
    if (codec === "h264" && (first & 0x1f) === H264_SPS && unit.length >= 4) return avc1(unit);
    if (codec === "h265" && ((first >> 1) & 0x3f) === HEVC_SPS && unit.length >= 16) return hev1(unit);
  }
  return null;
}

function avc1(sps: Uint8Array): string {
  return "avc1." + [...sps.subarray(1, 4)].map((b) => b.toString(16).padStart(2, "0").toUpperCase()).join("");
}

/** ISO/IEC 14496-15 annex E: profile, compatibility (bits reversed), tier and level, constraints without trailing 0. */
function hev1(sps: Uint8Array): string {
  const general = unescaped(sps).subarray(3, 15);
  const head = general[0] ?? 0;
  const space = ["", "A", "B", "C"][head >> 6];
  const tier = head & 0x20 ? "H" : "L";
  const constraints = [...general.subarray(5, 11)].map((b) => b.toString(16).toUpperCase());
  while (constraints.at(-1) === "0") constraints.pop();
  const parts = [`${space}${head & 0x1f}`, reversed(general.subarray(1, 5)), `${tier}${general[11] ?? 0}`];
  return ["hev1", ...parts, ...constraints].join(".");
}

/** Without the bytes that keep start codes out of a unit. */
function unescaped(unit: Uint8Array): Uint8Array {
  return Uint8Array.from(unit.filter((b, k) => !(b === 3 && unit[k - 1] === 0 && unit[k - 2] === 0)));
}

function reversed(flags: Uint8Array): string {
  const bits = [...flags].map((b) => b.toString(2).padStart(8, "0")).join("");
  return parseInt([...bits].reverse().join(""), 2).toString(16).toUpperCase();
}
