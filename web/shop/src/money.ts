// Amounts and times for people.
import type { Language } from './words';

const TAGS: Record<Language, string> = { zh: 'zh-CN', en: 'en' };

/** Writes an exact amount. `Intl` reads decimal text without rounding it to a binary number first. */
export function money(amount: string, currency: string, language: Language): string {
  const format = new Intl.NumberFormat(TAGS[language], {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
  });
  return format.format(amount as Intl.StringNumericLiteral);
}

export function day(time: string, language: Language): string {
  return new Intl.DateTimeFormat(TAGS[language], { dateStyle: 'medium', timeZone: 'Asia/Shanghai' }).format(
    new Date(time),
  );
}

/** Shortens an id to what the eye can compare: `o321r5…JHGnb`. */
export function brief(id: string): string {
  return id.length > 14 ? `${id.slice(0, 7)}…${id.slice(-4)}` : id;
}
