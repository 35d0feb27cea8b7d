// Who is signed in: found in the answers that pass by, kept for this browser tab only.
// The refresh token is shown to the person in the answer and kept nowhere.

/** What an answer said about a new session. */
export interface NewSession {
  accessToken: string;
  expiresAt: string | null;
  unionId: string | null;
}

/** The session that requests are sent with. */
export interface Session {
  accessToken: string;
  expiresAt: string | null;
  /** What to call the person; `null` until the service told us. */
  name: string | null;
}

const STORED = 'guiyi:session';
// data → field → session: deeper is not where this service puts a token, and introspection is large.
const DEEPEST = 4;

/** Finds the session in an answer, under whatever alias the person chose. The last one counts. */
export function sessionIn(answer: unknown): NewSession | null {
  return isObject(answer) ? searchSession(answer['data'], 0) : null;
}

/** Did this answer end the session? */
export function endsSession(answer: unknown): boolean {
  return isObject(answer) && isObject(answer['data']) && answer['data']['logout'] === true;
}

/** Does this answer doubt the token that came with the request? */
export function doubtsSession(status: number, answer: unknown): boolean {
  const errors = isObject(answer) && Array.isArray(answer['errors']) ? answer['errors'] : [];
  return status === 401 || errors.some((error) => error?.extensions?.code === 'UNAUTHENTICATED');
}

/** Keeps the session and tells the page about changes. */
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

  /** The session, unless it has expired: a stale token would make the service refuse even a login. */
  readonly current = (): Session | null => {
    const expiry = Date.parse(this.#session?.expiresAt ?? '');
    return expiry <= this.now() ? null : this.#session;
  };

  begin(session: NewSession) {
    this.#keep({ accessToken: session.accessToken, expiresAt: session.expiresAt, name: null });
    for (const tell of this.#newcomers) tell(session);
  }

  /** Names the person, unless somebody else signed in while we asked. */
  name(accessToken: string, name: string) {
    if (this.#session?.accessToken === accessToken) this.#keep({ ...this.#session, name });
  }

  /** Forgets the session; with a token, only if it is still that one. */
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
