// What an address says about a return from WeChat. Works on texts, so that nothing else in the address changes.

/** The parameters of a return, as far as the address has them. */
export interface Return {
  readonly states: readonly string[];
  readonly codes: readonly string[];
}

/** The states of the service: 128 random bits. An address with another one belongs to another library. */
const STATE = /^[0-9a-f]{32}$/;

export const isOwnState = (state: string): boolean => STATE.test(state);

/** The parameters that hold a code: that of OAuth, Alipay's, and DingTalk's, which comes beside that of OAuth or alone. */
const CODES = ['code', 'auth_code', 'authCode'];

/** Reads the return in an address; null if it is none. */
export function returnIn(url: URL): Return | null {
  const states = url.searchParams.getAll('state');
  const codes = CODES.map((name) => url.searchParams.getAll(name)).find((codes) => codes.length > 0);
  return states.length > 0 ? { states, codes: codes ?? [] } : null;
}

/** Returns the address without the code and `state`, and otherwise to the letter as it was. */
export function withoutReturn(url: URL): string {
  const rest = url.search
    .slice(1)
    .split('&')
    .filter((part) => !/^(code|auth_code|authCode|state)(=|$)/.test(part))
    .join('&');
  return url.origin + url.pathname + (rest && `?${rest}`) + url.hash;
}

/** Returns the address without its part behind `#`. */
export const withoutHash = (url: string): string => url.split('#')[0] ?? '';
