// A small imitation of the service and of the sandbox, enough to see the page at work without them.
// It keeps the promises that the page relies on: single-use codes, bearer tokens, the CSP, CORS.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, graphql } from 'graphql';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const TYPES = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.md': 'text/markdown',
};

const APPS = [
  { name: 'shop', title: 'Lanxin Shop', kind: 'wechat-official-account', app_id: 'wx0000000000000001' },
  { name: 'club', title: 'Lanxin Club', kind: 'wechat-official-account', app_id: 'wx0000000000000002' },
  { name: 'site', title: 'Website', kind: 'wechat-website', app_id: 'wx0000000000000004' },
  { name: 'mini', title: 'Mini program', kind: 'wechat-mini-program', app_id: 'wx0000000000000006' },
];
const PEOPLE = [
  { id: 'lan', nickname: '兰心🌿', phones: ['+8613800000001'] },
  { id: 'wei', nickname: '阿伟', phones: ['+8613800000002'] },
];

/** Starts both servers on free ports. `withSandbox: false` gives the page of production. */
export async function startFakeCompany({ withSandbox = true } = {}) {
  const world = { codes: new Map(), sms: [], tokens: new Map(), phones: new Set() };
  const sandbox = await listen((request, response) => answerAsSandbox(world, request, response));
  const service = await listen((request, response) =>
    answerAsService(world, withSandbox ? sandbox.origin : null, request, response),
  );
  world.sandbox = sandbox.origin;
  return {
    url: service.origin,
    close: () => Promise.all([service.close(), sandbox.close()]),
  };
}

async function answerAsService(world, sandbox, request, response) {
  const { pathname } = new URL(request.url, 'http://here');
  if (pathname === '/graphql') return sendJson(response, await runGraphql(world, request));
  if (pathname === '/playground/config.json') return sendJson(response, { endpoint: '/graphql', sandbox });
  if (pathname === '/playground') return sendPage(response, sandbox);
  const file = normalize(pathname.replace('/playground/', ''));
  if (!file.startsWith('assets/')) return send(response, 404, 'text/plain', 'not here');
  try {
    send(response, 200, TYPES[extname(file)] ?? 'application/octet-stream', await readFile(join(DIST, file)));
  } catch {
    send(response, 404, 'text/plain', 'not here');
  }
}

async function sendPage(response, sandbox) {
  const connect = sandbox ? `'self' ${sandbox}` : `'self'`;
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; ` +
      `worker-src 'self' blob:; connect-src ${connect}; frame-ancestors 'none'; base-uri 'none'; form-action 'self'`,
  );
  send(response, 200, 'text/html; charset=utf-8', await readFile(join(DIST, 'index.html')));
}

async function answerAsSandbox(world, request, response) {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Allow-Headers', 'content-type');
  const { pathname, searchParams } = new URL(request.url, 'http://here');
  if (request.method === 'OPTIONS') return send(response, 204, 'text/plain', '');
  if (pathname === '/_sandbox/apps') return sendJson(response, APPS);
  if (pathname === '/_sandbox/people') return sendJson(response, PEOPLE);
  if (pathname === '/_sandbox/codes')
    return sendJson(response, { code: newCode(world, await readJson(request)) });
  if (pathname === '/_sandbox/sms') {
    return sendJson(
      response,
      world.sms.filter(({ to }) => to === searchParams.get('to')),
    );
  }
  if (pathname === '/connect/oauth2/authorize') return sendAuthorizePage(world, response, searchParams);
  send(response, 404, 'text/plain', 'not here');
}

function sendAuthorizePage(world, response, query) {
  const people = PEOPLE.map(({ id, nickname }) => {
    const code = newCode(world, { app: query.get('appid'), person: id });
    return `<label><input type="radio" name="code" value="${code}">${nickname}</label>`;
  });
  const state = `<input type="hidden" name="state" value="${query.get('state')}">`;
  const allow = '<button class="allow">Allow</button>';
  const form = `<form action="${query.get('redirect_uri')}">${people.join('')}${state}${allow}</form>`;
  const icon = '<link rel="icon" href="data:,">';
  send(response, 200, 'text/html; charset=utf-8', `<!doctype html>${icon}${form}`);
}

const SCHEMA = buildSchema(`
  type Query { me: User, apps: [App!]!, node(id: ID!): Node
    ordersByUnionId(unionId: String!, first: Int, after: String, last: Int, before: String): OrderConnection! }
  type Mutation {
    beginLogin(input: BeginLoginInput!): BeginLoginPayload!
    beginNativeLogin(input: BeginNativeLoginInput!): BeginNativeLoginPayload!
    wechatLogin(code: String!, app: String, state: String, codeVerifier: String): LoginPayload!
    sendPhoneCode(phone: String!): SendPhoneCodePayload!
    bindPhone(phone: String!, code: String!): BindPhonePayload!
    refreshSession(refreshToken: String!): Session!
    logout: Boolean! }
  interface Node { id: ID! }
  enum LoginScope { BASE USERINFO }
  input BeginLoginInput { app: String!, returnTo: String!, scope: LoginScope, codeChallenge: String }
  input BeginNativeLoginInput { app: String!, codeChallenge: String! }
  type BeginNativeLoginPayload { state: String!, expiresAt: String! }
  type BeginLoginPayload { authorizeUrl: String!, state: String!, expiresAt: String! }
  type LoginPayload { accessToken: String!, refreshToken: String!, expiresAt: String!, isNewUser: Boolean!
    openId: String!, unionId: String, user: User! }
  type SendPhoneCodePayload { expiresAt: String!, resendAt: String! }
  type BindPhonePayload { user: User!, merged: Boolean!, session: Session }
  type Session { accessToken: String!, refreshToken: String!, expiresAt: String! }
  type App { name: String!, kind: String! }
  type User implements Node { id: ID!, nickname: String, avatarUrl: String, phone: String, phoneBound: Boolean!
    externalId: String, createdAt: String!, unionIds: [UnionId!]!, openIds: [OpenId!]!
    orders(first: Int, after: String, last: Int, before: String): OrderConnection! }
  type UnionId { unionId: String!, scope: String! }
  type OpenId { app: String!, openId: String!, unionId: String }
  type OrderConnection { totalCount: Int!, edges: [OrderEdge!]!, pageInfo: PageInfo! }
  type OrderEdge { cursor: String!, node: Order! }
  type PageInfo { hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String, endCursor: String }
  type Order implements Node { id: ID!, orderNo: String!, app: String!, openId: String!, status: String!
    placedAt: String!, total: Money!, items: [Item!]! }
  type Item { sku: String!, title: String!, quantity: String!, unitPrice: Money! }
  type Money { amount: String!, currency: String! }
`);

async function runGraphql(world, request) {
  const { query, variables, operationName } = await readJson(request);
  const token = request.headers.authorization?.replace('Bearer ', '');
  const rootValue = resolvers(world, token);
  return graphql({ schema: SCHEMA, source: query, rootValue, variableValues: variables, operationName });
}

function resolvers(world, token) {
  const owner = world.tokens.get(token);
  return {
    me: () => (owner ? userOf(world, owner) : null),
    apps: () => APPS,
    ordersByUnionId({ unionId, first }) {
      if (!owner || unionId !== `union-${owner}`) throw new Error('no such person, or not you');
      return ordersOf(owner, first);
    },
    beginLogin({ input }) {
      const app = APPS.find(({ name }) => name === input.app);
      const query = new URLSearchParams({
        appid: app.name,
        redirect_uri: input.returnTo,
        state: 'state0123456789',
      });
      const authorizeUrl = `${world.sandbox}/connect/oauth2/authorize?${query}#wechat_redirect`;
      return { authorizeUrl, state: 'state0123456789', expiresAt: inMinutes(10) };
    },
    beginNativeLogin: () => ({ state: 'state0123456789', expiresAt: inMinutes(10) }),
    wechatLogin({ code }) {
      const person = world.codes.get(code);
      if (!person) throw new Error('the code is unknown, used or too old');
      world.codes.delete(code);
      const openId = `open-${person}`;
      return {
        ...newSession(world, person),
        isNewUser: true,
        openId,
        unionId: `union-${person}`,
        user: userOf(world, person),
      };
    },
    sendPhoneCode({ phone }) {
      if (!owner) throw new Error('log in first');
      const code = String(100_000 + world.sms.length);
      world.sms.unshift({ to: phone, code, text: `code ${code}`, at: new Date().toISOString() });
      return { expiresAt: inMinutes(5), resendAt: inMinutes(1) };
    },
    bindPhone({ phone, code }) {
      if (world.sms.find(({ to }) => to === phone)?.code !== code) throw new Error('the phone code is wrong');
      world.phones.add(owner);
      return { user: userOf(world, owner), merged: true, session: newSession(world, owner) };
    },
    refreshSession: () => newSession(world, owner),
    logout: () => world.tokens.delete(token),
  };
}

function newCode(world, { person }) {
  const code = `code-${person}-${world.codes.size}-${Math.random().toString(36).slice(2)}`;
  world.codes.set(code, person);
  return code;
}

function newSession(world, person) {
  const accessToken = `at-${Math.random().toString(36).slice(2)}`;
  world.tokens.set(accessToken, person);
  return { accessToken, refreshToken: `rt-${accessToken}`, expiresAt: inMinutes(15) };
}

function userOf(world, id) {
  const { nickname, phone } = PEOPLE.find((person) => person.id === id);
  return {
    id: `usr_${id}`,
    nickname,
    phone: world.phones.has(id) ? phone : null,
    phoneBound: world.phones.has(id),
    createdAt: '2024-05-01T08:00:00Z',
    unionIds: [{ unionId: `union-${id}`, scope: 'lanxin' }],
    openIds: [{ app: 'shop', openId: `open-${id}`, unionId: `union-${id}` }],
    orders: ({ first }) => ordersOf(id, first),
  };
}

function ordersOf(id, first) {
  const total = { amount: '128.00', currency: 'CNY' };
  const items = [{ sku: 'tea-1', title: '龙井 50g', quantity: '1', unitPrice: total }];
  const nodes = Array.from({ length: Math.min(first ?? 10, 5) }, (_, at) => ({
    id: `ord_${at}`,
    orderNo: `2024-000${at}`,
    app: at % 2 ? 'shop' : 'mini',
    openId: `open-${id}`,
    status: 'PAID',
    placedAt: `2024-06-0${9 - at}T10:00:00Z`,
    total,
    items,
  }));
  const edges = nodes.map((node) => ({ cursor: `cursor-${node.id}`, node }));
  return {
    totalCount: 7,
    edges,
    pageInfo: { hasNextPage: true, hasPreviousPage: false, endCursor: edges.at(-1)?.cursor },
  };
}

function inMinutes(minutes) {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}

async function readJson(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return JSON.parse(text);
}

function sendJson(response, answer) {
  send(response, 200, 'application/json', JSON.stringify(answer));
}

function send(response, status, type, body) {
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

async function listen(answer) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => send(response, 500, 'text/plain', String(error)));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const close = () => new Promise((done) => (server.closeAllConnections(), server.close(done)));
  return { origin, close };
}
