// The browser's history: the address, the entries, and the way back.

/** The key in `history.state` that marks an entry from which a login left. */
const MARK = 'guiyiLeft';

/** Changes the address of the present entry, and nothing else of it. */
export function showAddress(url: string): void {
  history.replaceState(history.state, '', url);
}

/** Marks the present entry as one that a login left; null takes the mark off. */
export function markEntry(login: string | null): void {
  const { state } = history;
  if (state !== null && typeof state !== 'object') return;
  const { [MARK]: old, ...rest } = (state ?? {}) as Record<string, unknown>;
  if (login === null && old === undefined) return;
  const isEmpty = login === null && Object.keys(rest).length === 0;
  history.replaceState(isEmpty ? null : login === null ? rest : { ...rest, [MARK]: login }, '');
}

/** The login that left from the present entry, if one did and the entry is still there. */
export function leftEntry(): string | null {
  const mark = (history.state as Record<string, unknown> | null)?.[MARK];
  return typeof mark === 'string' ? mark : null;
}

/**
 * Shows another address of this site in the present entry. `location.replace` would add an entry in WeChat on iOS.
 * `isLoaded` loads the page; else the page's router is told.
 */
export function goTo(url: string, isLoaded: boolean): void {
  showAddress(url);
  if (isLoaded) return location.reload();
  dispatchEvent(new PopStateEvent('popstate', { state: history.state as unknown }));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

const navigationType = (): string | undefined =>
  (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined)?.type;

/** Whether the person loaded this page again. */
export const isReload = (): boolean => navigationType() === 'reload';

/** Whether this page was reached by the buttons for back and forward. */
export const wentBack = (): boolean => navigationType() === 'back_forward';

/** Closes WeChat's browser; elsewhere does nothing. */
export function closeWindow(): void {
  const { WeixinJSBridge } = window as { WeixinJSBridge?: { call?(name: string): void } };
  WeixinJSBridge?.call?.('closeWindow');
}
