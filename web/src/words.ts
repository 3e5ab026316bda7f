/** The page's words: sentences from the catalogue in one language, and how that language writes numbers and times. */
import { msOf } from "./instant";
import type { UtcNs } from "./wire";

export const LANGUAGES = ["es", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Values = Record<string, string | number>;
/** The sentence at a key, its `{places}` filled. */
export type Translate = (key: string, values?: Values) => string;

export const UNKNOWN = "–";
const DAY_MIN = 1440;
const THIN_SPACE = "\u202f";
const KEPT = "apacheta.language";
const LOCALES: Record<Language, string> = { es: "es", en: "en-GB" };

/** A key that the catalogue lacks, or a place that got no value: our bug, and named. */
export class WordMissing extends Error {}

/** One language's sentences. With `strict` a missing word throws; else its key is shown, so that the page goes on. */
export class Words {
  readonly t: Translate;

  constructor(
    readonly language: Language,
    private readonly sentences: Record<string, string>,
    private readonly strict: boolean,
  ) {
    this.t = (key, values = {}) => {
      const sentence = this.sentences[key];
      if (sentence === undefined) return this.missing(`no text ${key} in ${language}`, key);
      return sentence.replace(/\{(\w+)\}/g, (_, place: string) => {
        const value = values[place];
        return value === undefined ? this.missing(`text ${key} needs {${place}}`, UNKNOWN) : String(value);
      });
    };
  }

  private missing(what: string, instead: string): string {
    if (this.strict) throw new WordMissing(what);
    return instead;
  }

  /** Whether the catalogue knows the key: for names that come from data. */
  has(key: string): boolean {
    return key in this.sentences;
  }

  /** The sentence at a key; null where the catalogue has none, or one of its places gets no value. */
  filled(key: string, values: Values): string | null {
    const places = [...(this.sentences[key] ?? "{}").matchAll(/\{(\w*)\}/g)];
    return places.every(([, place]) => place! in values) ? this.t(key, values) : null;
  }

  /** The catalogue's word for a code from the wire; where there is none, what else it may be called, or the code. */
  named(group: string, code: string, otherwise = code): string {
    const key = `page.${group}.${code}`;
    return this.has(key) ? this.t(key) : otherwise;
  }

  /** `12 345,6` in Spanish, `12,345.6` in English; unknown is a dash, never a zero. */
  number(value: number | null | undefined, decimals = 0): string {
    if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
    const style = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: "always" } as const;
    const parts = new Intl.NumberFormat(LOCALES[this.language], style).formatToParts(value);
    return parts.map((part) => this.part(part)).join("");
  }

  private part({ type, value }: Intl.NumberFormatPart): string {
    if (type === "minusSign") return "−";
    return type === "group" && this.language === "es" ? THIN_SPACE : value;
  }

  /** Metres below ten kilometres, kilometres with one decimal from there on. */
  distance(metres: number | null | undefined): string {
    if (metres === null || metres === undefined || !Number.isFinite(metres)) return UNKNOWN;
    return metres < 9999.5 ? `${this.number(metres)} m` : `${this.number(metres / 1000, 1)} km`;
  }

  /** `123°`, whole, 0 to 359. */
  bearing(degrees: number | null | undefined): string {
    if (degrees === null || degrees === undefined || !Number.isFinite(degrees)) return UNKNOWN;
    return `${String(Math.round(degrees + 360) % 360).padStart(3, "0")}°`;
  }

  /** Latitude and longitude in decimal degrees with hemisphere letters: five decimals are a metre. */
  position(lat_deg: number, lon_deg: number): string {
    const lat = `${this.number(Math.abs(lat_deg), 5)}° ${this.t(lat_deg < 0 ? "page.compass.s" : "page.compass.n")}`;
    const lon = `${this.number(Math.abs(lon_deg), 5)}° ${this.t(lon_deg < 0 ? "page.compass.w" : "page.compass.e")}`;
    return `${lat}  ${lon}`;
  }

  /** How long ago: seconds below two minutes, then minutes, then hours and minutes. */
  ago(seconds: number | null | undefined): string {
    if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN;
    return this.t("page.time.ago", { span: this.span(seconds) });
  }

  /** A span of time: `45 s`, `12 min`, `3 h 05 min`, from two days on `9 days`. Never negative, never more than it is. */
  span(seconds: number): string {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 120) return `${whole} s`;
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes} min`;
    if (minutes >= 2 * DAY_MIN) return this.t("page.time.days", { count: this.number(Math.floor(minutes / DAY_MIN)) });
    return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  }

  /** Bytes as MB below 10 GB, as GB from there on (decimal). */
  bytes(count: number | null | undefined): string {
    if (count === null || count === undefined) return UNKNOWN;
    return count < 1e10 ? `${this.number(count / 1e6)} MB` : `${this.number(count / 1e9)} GB`;
  }

  /** `23:41:07`, UTC, of an instant on the wire. */
  utc(utc_ns: UtcNs): string {
    return utcTime(msOf(utc_ns));
  }

  /** Date, time and zone where this browser is: `21 nov, 19:41 GMT-4`. */
  local(utc_ms: number): string {
    const style = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" } as const;
    return new Intl.DateTimeFormat(LOCALES[this.language], style).format(utc_ms);
  }

  /** `21 nov 2026`, UTC. */
  date(utc_ms: number): string {
    const style = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" } as const;
    return new Intl.DateTimeFormat(LOCALES[this.language], style).format(utc_ms);
  }
}

/** `23:41:07` of UTC milliseconds; a dash when unknown. */
export function utcTime(utc_ms: number | null): string {
  return utc_ms === null || !Number.isFinite(utc_ms) ? UNKNOWN : new Date(utc_ms).toISOString().slice(11, 19);
}

/** The catalogue of one language from the console. Throws when the console does not answer. */
export async function fetchWords(language: Language, strict: boolean): Promise<Words> {
  const answer = await fetch(`/api/texts/${language}`);
  if (!answer.ok) throw new Error(`/api/texts/${language}: ${answer.status}`);
  return new Words(language, (await answer.json()) as Record<string, string>, strict);
}

/** The language chosen before on this machine, else Spanish. */
export function keptLanguage(store: Pick<Storage, "getItem">): Language {
  const kept = store.getItem(KEPT);
  return LANGUAGES.find((language) => language === kept) ?? "es";
}

export function keepLanguage(store: Pick<Storage, "setItem">, language: Language): void {
  store.setItem(KEPT, language);
}
