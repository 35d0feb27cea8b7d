// What all parts of the page share: the store, its client, the account of the person, and the language.
import type { GuiyiError } from '@guiyi/client';
import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { Client } from './clients';
import { ACCOUNT, type Account } from './operations';
import type { Sandbox } from './sandbox';
import type { Store } from './stores';
import { say, type Language, type Word } from './words';

export interface Shop {
  readonly store: Store;
  readonly client: Client;
  readonly sandbox: Sandbox;
  readonly language: Language;
  readonly account: Account | null;
  /** Asks for the account again, after something has changed it. */
  readonly refresh: () => Promise<void>;
  readonly t: (word: Word, blanks?: Record<string, string | number>) => string;
}

export const ShopContext = createContext<Shop | null>(null);

export function useShop(): Shop {
  const shop = useContext(ShopContext);
  if (!shop) throw new Error('useShop is for parts of <Page>');
  return shop;
}

/** The state of the session, of either client. */
export function useClientState(client: Client) {
  return useSyncExternalStore(client.subscribe, () => client.state);
}

/** The account of the person who is signed in, and how to ask for it again. */
export function useAccount(client: Client): Pick<Shop, 'account' | 'refresh'> {
  const [account, setAccount] = useState<Account | null>(null);
  const { isAuthenticated, user } = useClientState(client);
  const refresh = useCallback(async () => {
    const { me } = await client.request(ACCOUNT);
    setAccount(me);
  }, [client]);
  useEffect(() => {
    let isCurrent = true;
    if (!isAuthenticated) setAccount(null);
    else
      client.request(ACCOUNT).then(
        ({ me }) => isCurrent && setAccount(me),
        // The state of the client says what is wrong.
        () => undefined,
      );
    return () => void (isCurrent = false);
  }, [client, isAuthenticated, user?.id]);
  return { account, refresh };
}

export function words(language: Language): Shop['t'] {
  return (word, blanks) => say(language, word, blanks);
}

/** Runs one step at a time, and holds why the last one failed. */
export function useStep() {
  const [error, setError] = useState<GuiyiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (step: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await step();
    } catch (failure) {
      setError(failure as GuiyiError);
    } finally {
      setBusy(false);
    }
  };
  return { run, isBusy, error };
}
