// Tables as files that Excel opens right.

/** What a formula begins with. A cell that begins so is made text. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/** Returns a table in CSV (RFC 4180), with the mark by which Excel knows UTF-8, and without formulas. */
export function csv(rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  return `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n;]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
