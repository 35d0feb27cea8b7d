// Removes login codes, phone codes, states, verifiers and tokens from a tab before it is stored. The displayed tab is
// unchanged.

const SECRET = ['code', 'state', 'codeVerifier', 'accessToken', 'refreshToken', 'deviceToken', 'humanToken'];

// In a document: `code: "081x…"`, also as a block string.
const SECRET_ARGUMENT = new RegExp(
  `\\b(${SECRET.join('|')})(\\s*:\\s*)("""[\\s\\S]*?"""|"(?:\\\\.|[^"\\\\\\n])*"?)`,
  'g',
);

/** Blanks the secrets in the text of a variables editor. Drops unparsable text, which may contain one. */
export function variablesWithoutSecrets(text: string | null): string | null {
  if (text === null || text.trim() === '') return text;
  try {
    return JSON.stringify(JSON.parse(text), blank, 2);
  } catch {
    return '';
  }
}

/** Blanks secrets that are literals in a document. */
export function documentWithoutSecrets(text: string | null): string | null {
  return text === null ? null : text.replace(SECRET_ARGUMENT, '$1$2""');
}

function blank(key: string, value: unknown): unknown {
  return SECRET.includes(key) && typeof value === 'string' ? '' : value;
}
