import { expect, it } from "vitest";
import { centreSaid, numberOf, saidBy } from "./metadata";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

it("a replayed picture's centre is what its metadata says; without a height, or without any", () => {
  const whole = '{"centre_lat_deg": -32.8, "centre_lon_deg": -70.1, "centre_alt_amsl_m": 3900}';
  expect(centreSaid(bytesOf(whole))).toEqual({ lat_deg: -32.8, lon_deg: -70.1, alt_amsl_m: 3900 });
  expect(centreSaid(bytesOf('{"centre_lat_deg": -32.8, "centre_lon_deg": 0, "centre_alt_amsl_m": null}'))).toEqual({
    lat_deg: -32.8, lon_deg: 0, alt_amsl_m: null,
  });
  for (const none of ['{"centre_lat_deg": null, "centre_lon_deg": null}', "{}", ""]) expect(centreSaid(bytesOf(none))).toBeNull();
});

it("what is no object says nothing", () => {
  for (const text of ["[1]", "null", "7", "{", ""]) expect(numberOf(saidBy(bytesOf(text)), "lat_deg")).toBeNull();
});
