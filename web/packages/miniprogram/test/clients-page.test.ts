// The code of docs/clients.md: that of TypeScript and JavaScript is compiled, and the bridges of uni-app and Taro are run.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGuiyi, type Guiyi } from '../src/index.js';
import { FakeWx } from './wx.js';

const page = readFileSync(new URL('../../../../docs/clients.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```(jsx?|tsx?)\n(.*?)^```/gms)].map(([, kind = '', text = '']) => ({
  kind,
  text,
}));

/** What the code of the page finds around it. */
const AROUND = `
  declare const guiyi: import('@guiyi/client').Guiyi;
  declare const [uni, WxLogin, beginLogin]: any[];
  declare const [RETURN_TO, appId]: string[];
  declare const fileInput: HTMLInputElement;
  declare const portrait: HTMLImageElement;
  declare function upload(file: string): Promise<string>;
  declare module '@/guiyi' { export const guiyi: import('@guiyi/client').Guiyi; }
  declare module '@tarojs/taro' { const Taro: any; export default Taro; export const useDidShow: (show: () => void) => void; }
  declare module '@tarojs/components' { export const Text: import('react').FC<{ children: string }>; }
  interface IAppOption { guiyi: import('@guiyi/miniprogram').Guiyi }
`;
const ROOT = fileURLToPath(new URL('../../../react/clients-page/', new URL('test/', import.meta.url)));

/** The mistakes that TypeScript finds in pieces of code, each of which is a file. */
function mistakes(pieces: typeof blocks): string[] {
  const files = new Map([[`${ROOT}around.d.ts`, AROUND]]);
  pieces.forEach(({ kind, text }, at) => {
    const isModule = /^import |^export |require\(/m.test(text);
    files.set(`${ROOT}piece${at}.${kind}`, isModule ? text : `${text}\nexport {};`);
  });
  const options: ts.CompilerOptions = {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: ['miniprogram-api-typings'],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, version) => {
    const text = files.get(path);
    return text === undefined ? getSourceFile(path, version) : ts.createSourceFile(path, text, version, true);
  };
  host.getCurrentDirectory = () => ROOT;
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    return `${file?.text.slice(start).split('\n')[0] ?? ''}: ${text}`;
  });
}

// The compiler reads the types of three platforms.
const PATIENCE = 120_000;

test('the code of the page compiles against the packages', { timeout: PATIENCE }, () => {
  expect(blocks.length).toBeGreaterThan(8);
  expect(mistakes(blocks)).toEqual([]);
});

test('a wrong option and a wrong field in the code would be found', { timeout: PATIENCE }, () => {
  const wrong = blocks.map(({ kind, text }) => ({
    kind,
    text: text.replace('endpoint:', 'endpiont:').replace('order.orderNo', 'order.orderNumber'),
  }));

  expect(mistakes(wrong).length).toBeGreaterThanOrEqual(5);
});

let wx: FakeWx;
let rejected: unknown[] = [];
const clients: Guiyi[] = [];
const note = (reason: unknown) => rejected.push(reason);

beforeEach(() => {
  wx = new FakeWx();
  rejected = [];
  process.on('unhandledRejection', note);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.dispose();
  process.off('unhandledRejection', note);
  vi.unstubAllGlobals();
});

/** Runs the block that begins with these words, with its imports given, and returns its client. */
function run(beginning: string, given: Record<string, unknown>): Guiyi {
  const { text } = blocks.find(({ text }) => text.startsWith(beginning))!;
  const body = text.replace(/^import .*$/gm, '').replace('export const guiyi =', 'return');
  const names = Object.keys(given);
  const client = new Function(...names, 'createGuiyi', body)(
    ...names.map((name) => given[name]),
    createGuiyi,
  );
  clients.push(client as Guiyi);
  return client as Guiyi;
}

/** The functions of the imitation, as `wx` has them: they need no `this`. */
const functions = (names: string[]) =>
  Object.fromEntries(names.map((name) => [name, (wx as never as Record<string, Function>)[name]!.bind(wx)]));
const ALL = [
  'login',
  'request',
  'getStorageSync',
  'setStorageSync',
  'removeStorageSync',
  'getRandomValues',
  'getAppBaseInfo',
  'onAppShow',
  'offAppShow',
  'onNetworkStatusChange',
  'offNetworkStatusChange',
];

/** `uni` of a build for WeChat: a Proxy without keys, whose `login` takes a provider. */
function uniOf(names = ALL): { uni: object; providers: unknown[] } {
  const providers: unknown[] = [];
  const api = functions(names);
  const login = (options: { provider?: unknown }) => (
    providers.push(options.provider),
    api['login']!(options)
  );
  const uni = new Proxy({}, { get: (_, name) => (name === 'login' ? login : api[String(name)]) });
  return { uni, providers };
}

/** `Taro` of a build for WeChat: it calls back, and resolves or rejects a promise beside that (`processApis` of @tarojs/shared). */
function taroOf(names = ALL): object {
  const api = functions(names);
  type Options = { success?: (result: unknown) => void; fail?: (error: unknown) => void };
  const promising = (name: string) => (options: Options) =>
    new Promise((resolve, reject) => {
      const success = (result: unknown) => (options.success?.(result), resolve(result));
      const fail = (error: unknown) => (options.fail?.(error), reject(error));
      api[name]!({ ...options, success, fail });
    });
  return { ...api, login: promising('login'), request: promising('request') };
}

const mine = (client: Guiyi) =>
  client.request('query Mine { me { id } }').then((data) => (data as { me: { id: string } }).me.id);

const bridges = [
  ['uni-app', (names?: string[]) => run('// guiyi.js of a uni-app', { uni: uniOf(names).uni })],
  ['Taro', (names?: string[]) => run('// guiyi.js of a Taro', { Taro: taroOf(names) })],
] as const;

test.each(bridges)('the bridge of %s signs in, goes on with the session, and signs out', async (_, make) => {
  expect(await mine(make())).toBe('usr_lan');
  expect(await mine(make())).toBe('usr_lan');
  expect(wx.logins).toBe(1);
  expect(wx.service.calls[0]?.variables['input'].codeVerifier).toMatch(/^[0-9a-f]{64}$/);

  const client = make();
  await client.start();
  await client.logout();
  expect([...wx.storage.keys()]).toEqual(['guiyi.device']);
});

test.each(bridges)('the bridge of %s notices that the network is gone and back', async (_, make) => {
  wx.connect(false);
  const client = make();
  await client.start();
  expect(client.state.error?.code).toBe('NETWORK');
  await new Promise((done) => setTimeout(done));
  expect(rejected).toEqual([]);

  wx.connect(true);
  await vi.waitFor(() => expect(client.state.isAuthenticated).toBe(true));
});

test.each(bridges)('the bridge of %s does without the functions of a new base library', async (_, make) => {
  const old = ALL.filter((name) => !['getRandomValues', 'getAppBaseInfo', 'offAppShow'].includes(name));

  expect(await mine(make(old))).toBe('usr_lan');
});

test('the bridge of uni-app asks WeChat for the code', async () => {
  const { uni, providers } = uniOf();

  await run('// guiyi.js of a uni-app', { uni }).start();
  expect(providers).toEqual(['weixin']);
});
