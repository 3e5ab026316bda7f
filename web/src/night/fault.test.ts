import { describe, expect, it } from "vitest";
import { Words } from "../words";
import { faultText } from "./fault";

const spanish = new Words(
  "es",
  {
    "report.fault.bytes_dropped": "{bytes} bytes de {stream}",
    "report.fault.process_restarted": "{name} {times} veces",
    "page.fault.process_restarted": "El núcleo, otra vez",
    "page.fault.clock_off": "{seconds} s",
  },
  true,
);
const said = (code: string, values: Record<string, unknown>) => faultText({ code, text: "in the core's words", values }, spanish);

describe("a fault", () => {
  it("is told in the page's language, as in the report, its numbers as they are written there", () => {
    expect(said("bytes_dropped", { bytes: 12_345, stream: "A1" })).toBe("12\u202f345 bytes de A1");
    expect(said("clock_off", { seconds: -61.25, stream: "A1" })).toBe("−61,3 s");
  });

  it("has the page's own sentence where the report's lacks a value", () => {
    expect(said("process_restarted", { name: "core", times: 2 })).toBe("core 2 veces");
    expect(said("process_restarted", { stream: "A1" })).toBe("El núcleo, otra vez");
  });

  it("is told in the core's words where the catalogue has none", () => {
    expect(said("disk_full", {})).toBe("in the core's words");
    expect(said("bytes_dropped", { stream: "A1" })).toBe("in the core's words");
  });
});
