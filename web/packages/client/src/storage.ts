// Where the client stores what outlives the page.

/** A store of texts, such as `localStorage`. It may throw. */
export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A store that never throws. */
export interface SafeStore {
  /** Whether the store itself took the last value of each key; what it did not take lives as long as the page. */
  readonly isDurable: boolean;
  get(key: string): string | null;
  set(key: string, value: string | null): void;
}

/** Wraps a store. What it refuses (private mode, blocked site data, a full disk) is held in memory. */
export function safeStore(open: () => KeyValueStore | undefined): SafeStore {
  const memory = new Map<string, string>();
  const attempt = <T>(work: (store: KeyValueStore) => T): T | undefined => {
    try {
      const store = open();
      return store && work(store);
    } catch {
      return undefined;
    }
  };
  return {
    get isDurable() {
      const probe = 'guiyi.probe';
      const works = attempt((store) => {
        store.setItem(probe, probe);
        const isKept = store.getItem(probe) === probe;
        store.removeItem(probe);
        return isKept;
      });
      return works ?? false;
    },
    get: (key) => memory.get(key) ?? attempt((store) => store.getItem(key)) ?? null,
    set(key, value) {
      memory.delete(key);
      const isStored = attempt((store) => {
        if (value === null) store.removeItem(key);
        else store.setItem(key, value);
        return true;
      });
      if (!isStored && value !== null) memory.set(key, value);
    },
  };
}

/** A store that ends with the page. */
export const memoryStore = (): SafeStore => safeStore(() => undefined);

/** What stands in the store in place of a refresh token that is in the service's cookie. */
export const IN_COOKIE = 'cookie';
