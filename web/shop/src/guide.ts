// The story that the shop tells, and how far the person is in it.
import type { StoreName } from './stores';
import type { Account } from './operations';
import type { Word } from './words';

export interface Step {
  readonly word: Word;
  /** The page on which it happens. */
  readonly href: `/${StoreName}#${Screen}`;
  readonly isDone: boolean;
}

export type Screen = 'goods' | 'orders' | 'me';

/** Returns the steps, by what the account of the page has. */
export function stepsOf(account: Account | null): readonly Step[] {
  const apps = new Set(account?.openIds.map(({ app }) => app));
  const accounts = ['shop', 'club', 'outlet'].filter((app) => apps.has(app));
  return [
    { word: 'stepSilent', href: '/shop#orders', isDone: account !== null },
    { word: 'stepPhone', href: '/shop#me', isDone: account?.phone != null },
    { word: 'stepConsent', href: '/shop#me', isDone: (account?.unionIds.length ?? 0) > 0 },
    { word: 'stepMerge', href: '/club#me', isDone: accounts.length > 1 },
    { word: 'stepEverywhere', href: '/mini#orders', isDone: apps.has('mini') || apps.has('site') },
  ];
}

/** Parses the steps that were reached before; what another version stored counts as none. */
export function reachedIn(stored: string | null): readonly boolean[] {
  try {
    const reached: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(reached) ? reached.map((step) => step === true) : [];
  } catch {
    return [];
  }
}

/** Returns the screen of a fragment: `#me`. */
export function screenOf(hash: string): Screen {
  const name = hash.replace('#', '');
  return name === 'orders' || name === 'me' ? name : 'goods';
}
