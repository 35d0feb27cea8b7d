// Parses the address of a return from the page of WeChat or another provider.

export type Arrival = { kind: 'code'; code: string; state: string | null } | { kind: 'declined' };

/** Parses the query of the address; `null` if it is not a return. Alipay names the code `auth_code`, DingTalk `authCode`. */
export function arrivalFrom(search: string): Arrival | null {
  const query = new URLSearchParams(search);
  const code = query.get('code') ?? query.get('auth_code') ?? query.get('authCode');
  const state = query.get('state');
  // WeChat reports a refusal in two ways: an older one without a code, and one with this word in place of the code.
  if (code && code !== 'authdeny') return { kind: 'code', code, state };
  return code || state ? { kind: 'declined' } : null;
}
