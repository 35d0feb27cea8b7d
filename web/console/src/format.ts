// How values look: times, amounts, ids.
import type { Language } from './words';

const locales = { en: 'en-GB', zh: 'zh-CN' } as const;

/** A time to the minute, in the operator's time zone. */
export function time(language: Language, iso: string): string {
  return new Intl.DateTimeFormat(locales[language], {
    year: 'numeric',
    month: language === 'zh' ? '2-digit' : 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso));
}

/** A time of the last days, without its year. */
export function hour(language: Language, iso: string): string {
  return new Intl.DateTimeFormat(locales[language], {
    month: language === 'zh' ? '2-digit' : 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso));
}

/** A date without its time. */
export function date(language: Language, iso: string): string {
  return new Intl.DateTimeFormat(locales[language], {
    year: 'numeric',
    month: language === 'zh' ? '2-digit' : 'short',
    day: '2-digit',
  }).format(new Date(iso));
}

/** Hundredths of a currency that the settings do not name. */
export function cents(language: Language, amount: number): string {
  return new Intl.NumberFormat(locales[language], {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  }).format(amount / 100);
}

const STEPS = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [30, 'day'],
  [12, 'month'],
  [Infinity, 'year'],
] as const;

/** How long ago a time was, in the largest unit that fits: `3 days ago`. */
export function ago(language: Language, iso: string, now = Date.now()): string {
  let amount = (Date.parse(iso) - now) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size)
      return new Intl.RelativeTimeFormat(locales[language], { numeric: 'auto' }).format(
        Math.round(amount),
        unit,
      );
    amount /= size;
  }
  return time(language, iso);
}

/** An amount with its currency. The digits stay as the service sent them: nothing is rounded. */
export function money({ amount, currency }: { readonly amount: string; readonly currency: string }): string {
  const [whole = '0', part] = amount.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = { CNY: '¥', USD: '$', EUR: '€', HKD: 'HK$' }[currency];
  const digits = part === undefined ? grouped : `${grouped}.${part}`;
  return sign ? sign + digits : `${digits} ${currency}`;
}

/** Adds two decimal amounts exactly. */
export function add(one: string, other: string): string {
  const places = Math.max(decimals(one), decimals(other));
  const sum = scaled(one, places) + scaled(other, places);
  const digits = (sum < 0n ? -sum : sum).toString().padStart(places + 1, '0');
  const text = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return sum < 0n ? `-${text}` : text;
}

function decimals(amount: string): number {
  return amount.split('.')[1]?.length ?? 0;
}

function scaled(amount: string, places: number): bigint {
  const [whole = '0', part = ''] = amount.split('.');
  return BigInt(whole + part.padEnd(places, '0'));
}

/** The beginning and the end of a long id. */
export function short(id: string, length = 16): string {
  return id.length <= length ? id : `${id.slice(0, length - 6)}…${id.slice(-5)}`;
}
