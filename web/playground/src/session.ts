// The session, taken from the answers and stored for this browser tab only.
// The refresh token is shown in the answer and never stored.

/** A new session, as found in an answer. */
export interface NewSession {
  accessToken: string;
  expiresAt: string | null;
  unionId: string | null;
}

/** The session that requests are sent with. */
export interface Session {
  accessToken: string;
  expiresAt: string | null;
  /** The person's name; `null` until the service returns it. */
  name: string | null;
}

const STORED = 'guiyi:session';
// data → field → session: the service returns no token deeper than that, and introspection answers are large.
const DEEPEST = 4;

/** Finds the session in an answer, under any alias. The last one counts. */
export function sessionIn(answer: unknown): NewSession | null {
  return isObject(answer) ? searchSession(answer['data'], 0) : null;
}

/** Returns whether this answer ended the session. */
export function endsSession(answer: unknown): boolean {
  return isObject(answer) && isObject(answer['data']) && answer['data']['logout'] === true;
}

/** Returns whether this answer suggests that the token of the request is invalid. */
export function doubtsSession(status: number, answer: unknown): boolean {
  const errors = isObject(answer) && Array.isArray(answer['errors']) ? answer['errors'] : [];
  return status === 401 || errors.some((error) => error?.extensions?.code === 'UNAUTHENTICATED');
}

/** Stores the session and notifies the page of changes. */
export class Sessions {
  #session: Session | null;
  #watchers = new Set<() => void>();
  #newcomers = new Set<(session: NewSession) => void>();

  constructor(
    private readonly storage: Storage,
    private readonly now: () => number,
  ) {
    this.#session = stored(storage);
  }

  /** The session, unless it has expired: with a stale token the service would refuse even a login. */
  readonly current = (): Session | null => {
    const expiry = Date.parse(this.#session?.expiresAt ?? '');
    return expiry <= this.now() ? null : this.#session;
  };

  begin(session: NewSession) {
    this.#keep({ accessToken: session.accessToken, expiresAt: session.expiresAt, name: null });
    for (const tell of this.#newcomers) tell(session);
  }

  /** Sets the person's name, unless another person has signed in since the request. */
  name(accessToken: string, name: string) {
    if (this.#session?.accessToken === accessToken) this.#keep({ ...this.#session, name });
  }

  /** Deletes the session; with a token, only if it is still the current one. */
  end(accessToken?: string) {
    if (accessToken === undefined || this.#session?.accessToken === accessToken) this.#keep(null);
  }

  readonly watch = (tell: () => void) => subscribe(this.#watchers, tell);
  readonly onBegin = (tell: (session: NewSession) => void) => subscribe(this.#newcomers, tell);

  #keep(session: Session | null) {
    this.#session = session;
    if (session) this.storage.setItem(STORED, JSON.stringify(session));
    else this.storage.removeItem(STORED);
    for (const tell of this.#watchers) tell();
  }
}

function searchSession(value: unknown, depth: number): NewSession | null {
  if (!isObject(value) || depth > DEEPEST) return null;
  if (typeof value['accessToken'] === 'string' && value['accessToken'] !== '') {
    return {
      accessToken: value['accessToken'],
      expiresAt: textOrNull(value['expiresAt']),
      unionId: textOrNull(value['unionId']),
    };
  }
  const found = Object.values(value).map((inner) => searchSession(inner, depth + 1));
  return found.findLast((session) => session !== null) ?? null;
}

function stored(storage: Storage): Session | null {
  try {
    const session = JSON.parse(storage.getItem(STORED) ?? 'null') as Session | null;
    return typeof session?.accessToken === 'string' ? session : null;
  } catch {
    return null;
  }
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
