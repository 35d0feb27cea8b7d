// An imitation of the service for tests: every document is run by graphql-js against the published schema.graphql, and
// sessions, codes and states keep the rules of docs/integrators.md.

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buildSchema, graphql, GraphQLError } from 'graphql';

const schema = buildSchema(readFileSync(new URL('../../../../../schema.graphql', import.meta.url), 'utf8'));

/** What goes wrong with the next request for an operation. */
export type Fault =
  | { kind: 'error'; code: string; retryAfter?: number }
  /** The connection breaks before the service has the request, or after it has answered. */
  | { kind: 'unsent' | 'lost' }
  | { kind: 'body'; status: number; type: string; text: string }
  /** The answer is under way for a while. */
  | { kind: 'delay'; until: Promise<unknown> };

export interface Call {
  operation: string;
  variables: Record<string, any>;
  headers: Record<string, string | undefined>;
  token: string | null;
}

export interface Reply {
  body: string;
  type: string;
  status: number;
  /** The cookie to set; null deletes it, undefined leaves it. */
  cookie?: string | null;
}

interface Held {
  id: string;
  person: string;
  newest: string;
  parent: string | null;
}

interface Begun {
  app: string;
  returnTo: string;
  scope: string;
  challenge: string;
  isUsed: boolean;
}

const fresh = () => randomBytes(16).toString('hex');

function refusal(code: string, extra: Record<string, unknown> = {}): GraphQLError {
  const extensions = { code, advice: `advice of ${code}`, errorId: 'err_1', ...extra };
  return new GraphQLError(`message of ${code}`, { extensions });
}

export class FakeService {
  readonly calls: Call[] = [];
  readonly sessions = new Map<string, Held>();
  readonly states = new Map<string, Begun>();
  /** The codes that WeChat has issued: whose, and for which app. */
  readonly codes = new Map<
    string,
    { app: string; person: string; error?: string; answered?: { verifier: string; login: any } }
  >();
  /** The codes that were sent to numbers: to the browser with this challenge. */
  readonly phoneCodes = new Map<string, { code: string; challenge: string; answered?: any }>();
  /** Why the next phones of mini programs are not bound. */
  readonly phoneRefusals: string[] = [];
  /** The pictures that people uploaded. */
  readonly pictures = new Map<string, string>();
  /** The life of access tokens in seconds, and how far this clock is ahead of the client's. */
  life = 900;
  skew = 0;
  authorizeUrl = 'https://wechat.test/authorize';
  private readonly faults = new Map<string, Fault[]>();
  private readonly access = new Map<string, { session: string; until: number }>();

  /** Makes the next request for an operation go wrong. */
  next(operation: string, ...faults: Fault[]): void {
    this.faults.set(operation, [...(this.faults.get(operation) ?? []), ...faults]);
  }

  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  newCode(app: string, person = 'lan', error?: string): string {
    const code = `code${fresh()}`;
    this.codes.set(code, { app, person, ...(error !== undefined && { error }) });
    return code;
  }

  /** Ends all sessions, as an operator or another device does. */
  endSessions(): void {
    this.sessions.clear();
  }

  /** Answers one request; rejects where the connection breaks. */
  async answer(
    text: string,
    headers: Record<string, string | undefined>,
    cookie: string | null,
  ): Promise<Reply> {
    const { query, variables = {} } = JSON.parse(text) as { query: string; variables?: Record<string, any> };
    const operation = /(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? '';
    const token = headers['authorization']?.replace('Bearer ', '') ?? null;
    this.calls.push({ operation, variables, headers, token });
    const fault = this.faults.get(operation)?.shift();
    if (fault?.kind === 'unsent') throw new Error('unsent');
    if (fault?.kind === 'body') return { body: fault.text, type: fault.type, status: fault.status };
    const world: World = { token, usesCookie: headers['guiyi-session'] === 'cookie', cookie };
    const rootValue = fault?.kind === 'error' ? failing(fault.code, fault.retryAfter) : this.resolvers(world);
    const answer = await graphql({ schema, source: query, rootValue, variableValues: variables });
    // graphql-js says so itself where a document does not fit the schema.
    const errors = answer.errors?.map((error) => ({
      extensions: { code: 'INVALID_QUERY' },
      ...error.toJSON(),
    }));
    if (fault?.kind === 'delay') await fault.until;
    if (fault?.kind === 'lost') throw new Error('lost');
    const body = JSON.stringify({ ...answer, ...(errors && { errors }) });
    return { body, type: 'application/json', status: 200, ...('set' in world && { cookie: world.set }) };
  }

  /** Takes a picture, as `POST /pictures` does; `operation` is `Upload`. Rejects where the connection breaks. */
  async upload(headers: Record<string, string | undefined>, picture: string): Promise<Reply> {
    const token = headers['authorization']?.replace('Bearer ', '') ?? null;
    this.calls.push({ operation: 'Upload', variables: { picture }, headers, token });
    const fault = this.faults.get('Upload')?.shift();
    if (fault?.kind === 'unsent' || fault?.kind === 'lost') throw new Error(fault.kind);
    if (fault?.kind === 'body') return { body: fault.text, type: fault.type, status: fault.status };
    try {
      if (fault?.kind === 'error') throw refusal(fault.code);
      const session = this.ownerOf({ token, usesCookie: false, cookie: null });
      if (!session) throw refusal('UNAUTHENTICATED');
      const avatarUrl = `https://id.test/pictures/pic_${this.calls.length}`;
      this.pictures.set(session.person, avatarUrl);
      return { body: JSON.stringify({ data: { avatarUrl } }), type: 'application/json', status: 201 };
    } catch (error) {
      const body = JSON.stringify({ errors: [(error as GraphQLError).toJSON()] });
      return { body, type: 'application/json', status: 401 };
    }
  }

  private resolvers(world: World) {
    const own = () => this.ownerOf(world);
    return {
      me: () => {
        const session = own();
        if (!session) return null;
        const avatarUrl = this.pictures.get(session.person) ?? null;
        return { ...personOf(session.person), avatarUrl, orders: ordersOf(session.person) };
      },
      apps: () => [],
      beginLogin: ({ input }: any) => this.begin(input),
      login: ({ input }: any) => this.login(input, world),
      sendLoginCode: ({ phone, codeChallenge }: any) => {
        if (!codeChallenge) throw refusal('CHALLENGE_REQUIRED');
        this.phoneCodes.set(phone, {
          code: String(100_000 + this.phoneCodes.size),
          challenge: codeChallenge,
        });
        const after = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
        return { expiresAt: after(300), resendAt: after(60) };
      },
      loginByPhone: (sent: any) => this.loginByPhone(sent, world),
      loginByWechatPhone: ({ input }: any) => {
        const code = this.phoneRefusals.shift();
        const phoneRefusal =
          code === undefined ? null : { code, detail: null, retryAfter: null, mergeOffer: null };
        return { ...this.login(input, world), merged: false, phoneRefusal };
      },
      refreshSession: ({ refreshToken }: any) => this.refresh(refreshToken, world),
      logout: () => this.logout(world),
      bindPhone: () => {
        const session = own();
        if (!session) throw refusal('UNAUTHENTICATED');
        this.sessions.delete(session.id);
        return { merged: true, user: personOf('company'), session: this.open('company', world) };
      },
      bindPhoneWithWechat: () => {
        const session = own();
        if (!session) throw refusal('UNAUTHENTICATED');
        return { merged: false, user: personOf(session.person), session: null };
      },
      jsSdkConfig: ({ url }: any) => ({
        appId: 'wx1',
        timestamp: 1,
        nonceStr: 'n',
        signature: `signature of ${url}`,
        url,
      }),
    };
  }

  private ownerOf({ token }: World): Held | null {
    if (!token) return null;
    const known = this.access.get(token);
    const session = known && this.sessions.get(known.session);
    if (!known || !session || Date.now() > known.until) throw refusal('UNAUTHENTICATED');
    return session;
  }

  private begin({ app, returnTo, scope, codeChallenge }: any) {
    const state = fresh();
    this.states.set(state, { app, returnTo, scope, challenge: codeChallenge, isUsed: false });
    const query = new URLSearchParams({ redirect_uri: returnTo, state, scope });
    return {
      authorizeUrl: `${this.authorizeUrl}?${query}`,
      state,
      expiresAt: new Date(Date.now() + 600_000).toISOString(),
    };
  }

  private login({ code, state, app, codeVerifier, deviceToken }: any, world: World) {
    const begun = this.states.get(state ?? '');
    if (state && !begun) throw refusal('INVALID_STATE');
    const hash = createHash('sha256')
      .update(codeVerifier ?? '')
      .digest('base64url');
    if (begun && begun.challenge !== hash) throw refusal('INVALID_STATE');
    if (code === '' || code === 'authdeny') throw refusal('LOGIN_DENIED');
    const issued = this.codes.get(code);
    if (!issued || issued.app !== (begun?.app ?? app)) throw refusal('INVALID_CODE');
    if (issued.answered) {
      if (!codeVerifier || issued.answered.verifier !== codeVerifier) throw refusal('CODE_USED');
      return issued.answered.login;
    }
    if (begun?.isUsed) throw refusal('INVALID_STATE');
    if (begun) begun.isUsed = true;
    if (issued.error) throw refusal(issued.error);
    const tokens = this.open(issued.person, world);
    const login = {
      ...tokens,
      deviceToken: deviceToken ?? `device-${fresh()}`,
      isNewUser: true,
      openId: 'o1',
      user: personOf(issued.person),
      mergeOffer: null,
    };
    issued.answered = { verifier: codeVerifier, login };
    return login;
  }

  private loginByPhone({ phone, code, codeVerifier, deviceToken }: any, world: World) {
    const sent = this.phoneCodes.get(phone);
    const challenge = createHash('sha256')
      .update(codeVerifier ?? '')
      .digest('base64url');
    if (sent?.code !== code || sent?.challenge !== challenge) throw refusal('PHONE_CODE_REJECTED');
    sent.answered ??= {
      ...this.open(`of-${phone}`, world),
      deviceToken: deviceToken ?? `device-${fresh()}`,
      isNewUser: true,
      user: personOf(`of-${phone}`),
    };
    return sent.answered;
  }

  private open(person: string, world: World) {
    const session: Held = { id: fresh(), person, newest: fresh(), parent: null };
    this.sessions.set(session.id, session);
    return this.tokens(session, world);
  }

  private tokens(session: Held, world: World) {
    if (world.usesCookie) world.set = session.newest;
    const now = Math.floor(Date.now() / 1_000) + this.skew;
    const claims = { sub: session.person, iat: now, exp: now + this.life };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const accessToken = `${part({ alg: 'none' })}.${part(claims)}.${fresh()}`;
    this.access.set(accessToken, { session: session.id, until: Date.now() + this.life * 1_000 });
    const expiresAt = new Date((now + this.life) * 1_000).toISOString();
    return { accessToken, refreshToken: world.usesCookie ? null : session.newest, expiresAt };
  }

  /** The newest token gets a successor, the one before it the same again; an older one ends the session. */
  private refresh(argument: string | null, world: World) {
    const sent = argument ?? (world.usesCookie ? world.cookie : null);
    const session = [...this.sessions.values()].find(
      ({ newest, parent }) => sent !== null && (newest === sent || parent === sent),
    );
    if (!session) throw refusal('INVALID_REFRESH_TOKEN');
    if (session.newest === sent) {
      session.parent = session.newest;
      session.newest = fresh();
    }
    return this.tokens(session, world);
  }

  private logout(world: World): boolean {
    const byToken = world.token ? this.access.get(world.token)?.session : undefined;
    const byCookie = [...this.sessions.values()].find(
      ({ newest, parent }) =>
        world.usesCookie && world.cookie !== null && [newest, parent].includes(world.cookie),
    );
    if (world.usesCookie) world.set = null;
    const ended = [byToken, byCookie?.id].filter((id) => id !== undefined && this.sessions.delete(id));
    return ended.length > 0;
  }
}

interface World {
  token: string | null;
  usesCookie: boolean;
  cookie: string | null;
  set?: string | null;
}

function failing(code: string, retryAfter?: number) {
  const fail = () => {
    throw refusal(code, retryAfter === undefined ? {} : { retryAfter });
  };
  const fields = [
    'me',
    'beginLogin',
    'login',
    'refreshSession',
    'logout',
    'jsSdkConfig',
    'bindPhone',
    'sendLoginCode',
    'loginByPhone',
    'loginByWechatPhone',
  ];
  return Object.fromEntries(fields.map((field) => [field, fail]));
}

function personOf(id: string) {
  return {
    id: `usr_${id}`,
    nickname: `Name of ${id}`,
    avatarUrl: null,
    phoneBound: false,
    phone: null,
    createdAt: '2026-01-01T00:00:00Z',
  };
}

function ordersOf(person: string) {
  return ({ first = 20, after }: { first?: number; after?: string | null }) => {
    const all = Array.from({ length: 5 }, (_, at) => orderOf(person, at));
    const start = after ? Number(after) : 0;
    const nodes = all.slice(start, start + first);
    const end = start + nodes.length;
    return {
      nodes,
      edges: [],
      pageInfo: { hasNextPage: end < all.length, hasPreviousPage: false, endCursor: String(end) },
    };
  };
}

function orderOf(person: string, at: number) {
  const total = { amount: '128.00', currency: 'CNY' };
  const items = [{ sku: null, title: '龙井 50g', quantity: '1', unitPrice: total }];
  return {
    id: `ord_${person}_${at}`,
    orderNo: `${person}-${at}`,
    app: 'shop',
    openId: 'o1',
    status: 'PAID',
    placedAt: '2026-06-01T00:00:00Z',
    total,
    items,
  };
}
