// Coming back from WeChat's page: what the address says.

export type Arrival = { kind: 'code'; code: string; state: string | null } | { kind: 'declined' };

/** Reads the query of the address; `null` when the person does not come from WeChat. */
export function arrivalFrom(search: string): Arrival | null {
  const query = new URLSearchParams(search);
  const code = query.get('code');
  const state = query.get('state');
  // WeChat says no in two ways: an old one without a code, and one in which this word takes the code's place.
  if (code && code !== 'authdeny') return { kind: 'code', code, state };
  return code || state ? { kind: 'declined' } : null;
}
