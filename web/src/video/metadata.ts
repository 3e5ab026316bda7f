/** What an envelope's metadata says of its camera (docs/page.md). */

/** The metadata's fields; none where it is no JSON object. */
export function saidBy(metadata: Uint8Array): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(metadata));
    return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A field that is a number, or null. */
export const numberOf = (said: Record<string, unknown>, name: string): number | null =>
  typeof said[name] === "number" ? said[name] : null;

export interface Centre {
  lat_deg: number;
  lon_deg: number;
  alt_amsl_m: number | null;
}

/** Where the camera's own system says that the middle of the picture lies; null where it does not say. */
export function centreSaid(metadata: Uint8Array): Centre | null {
  const said = saidBy(metadata);
  const [lat_deg, lon_deg] = [numberOf(said, "centre_lat_deg"), numberOf(said, "centre_lon_deg")];
  if (lat_deg === null || lon_deg === null) return null;
  return { lat_deg, lon_deg, alt_amsl_m: numberOf(said, "centre_alt_amsl_m") };
}
