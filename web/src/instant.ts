/** Instants: UTC nanoseconds as decimal strings on the wire, UTC milliseconds as numbers within the page. */
import type { UtcNs } from "./wire";

/** UTC milliseconds, to the microsecond that a double can hold. */
export const msOf = (utc_ns: UtcNs | bigint): number => Number(BigInt(utc_ns) / 1000n) / 1000;

/** The whole millisecond in nanoseconds, as a number and as the wire writes it. */
export const nsOf = (utc_ms: number): bigint => BigInt(Math.round(utc_ms)) * 1_000_000n;
export const utcNsOf = (utc_ms: number): UtcNs => `${nsOf(utc_ms)}`;

/** Whether `one` is later than `other`: exact, as doubles are not. */
export const isLater = (one: UtcNs, other: UtcNs): boolean => BigInt(one) > BigInt(other);
