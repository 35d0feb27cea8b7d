// A site for browser tests: a page with the client, the imitation of the service, and an imitation of WeChat's page on
// another origin. Every page of the site is the same program, as in a single-page app.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rolldown } from 'rolldown';
import { FakeService } from './service.js';

/**
 * How WeChat's page answers.
 *
 * - `silent`: at once, as for `snsapi_base`.
 * - `ask`: with a page that has links to allow and to refuse, and no way back, as WeChat's.
 * - `authdeny`, `state-only`: at once, with the two reported forms of a refusal.
 */
export type WechatMood = 'silent' | 'ask' | 'authdeny' | 'state-only';

const bundles = new Map<string, Promise<string>>();

/** The built client as one script, as a bundler ships it. */
function clientScript(): Promise<string> {
  const dist = new URL('../../dist/', import.meta.url).pathname;
  const parts = ['index', 'js-sdk', 'avatar', 'fetch', 'orders'];
  return bundled('client', parts.map((name) => `export * from '${dist}${name}.js';`).join('\n'));
}

/** Bundles a file, or the text of one, once in a run. */
function bundled(name: string, source?: string): Promise<string> {
  const bundle = bundles.get(name) ?? build(name, source);
  bundles.set(name, bundle);
  return bundle;
}

async function build(name: string, source?: string): Promise<string> {
  const isText = (id: string) => source !== undefined && id === name;
  const bundle = await rolldown({
    input: name,
    platform: 'browser',
    plugins: [
      {
        name: 'text',
        resolveId: (id) => (isText(id) ? id : null),
        load: (id) => (isText(id) ? source : null),
      },
    ],
    transform: {
      define: {
        'process.env.NODE_ENV': '"development"',
        'globalThis.__DEV__': 'true',
        __VUE_OPTIONS_API__: 'false',
        __VUE_PROD_DEVTOOLS__: 'false',
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
      },
    },
    onLog: () => undefined,
  });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
  return output[0].code;
}

export class Site {
  readonly service = new FakeService();
  mood: WechatMood = 'silent';
  /** The person who holds the phone. */
  person = 'lan';
  /** The error that the service will find in the next codes. */
  codeError: string | undefined;
  /** The app of the next codes; by default the one that asked. */
  codeApp: string | undefined;
  /** Whether the browser's cookies of the service are dropped, as a browser that blocks them does. */
  dropsCookies = false;
  /** How often WeChat's page was opened. */
  visits = 0;
  /** Pages that are not the program. */
  readonly pages = new Map<string, string>();
  /** Programs of a test: the file that each is built from. */
  readonly programs = new Map<string, URL>();

  private constructor(
    private readonly servers: Server[],
    readonly origin: string,
    readonly wechat: string,
  ) {}

  static async open(): Promise<Site> {
    let site: Site | undefined;
    const page = createServer((request, response) => void site?.answer(request, response));
    const wechat = createServer((request, response) => void site?.answerAsWechat(request, response));
    for (const server of [page, wechat])
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const port = (server: Server) => (server.address() as AddressInfo).port;
    site = new Site([page, wechat], `http://localhost:${port(page)}`, `http://127.0.0.1:${port(wechat)}`);
    site.service.authorizeUrl = `${site.wechat}/authorize`;
    return site;
  }

  async close(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', this.origin);
    if (pathname === '/graphql') return this.answerAsService(request, response);
    if (pathname === '/pictures') return this.takePicture(request, response);
    if (pathname === '/guiyi.js') return send(response, 'text/javascript', await clientScript());
    const program = this.programs.get(pathname);
    if (program) return send(response, 'text/javascript', await bundled(program.pathname));
    if (pathname === '/favicon.ico') return send(response, 'image/x-icon', '');
    send(response, 'text/html; charset=utf-8', this.pages.get(pathname) ?? PAGE);
  }

  private async answerAsService(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const cookie = /(?:^|; )refresh=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? null;
    try {
      const reply = await this.service.answer(text, request.headers as Record<string, string>, cookie);
      if (reply.cookie !== undefined && !this.dropsCookies) {
        const life = reply.cookie === null ? '; Max-Age=0' : '';
        response.setHeader(
          'Set-Cookie',
          `refresh=${reply.cookie ?? ''}; Path=/; HttpOnly; SameSite=Strict${life}`,
        );
      }
      send(response, reply.type, reply.body, reply.status);
    } catch {
      request.socket.destroy();
    }
  }

  private async takePicture(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let picture = '';
    for await (const part of request) picture += String(part);
    try {
      const reply = await this.service.upload(request.headers as Record<string, string>, picture);
      send(response, reply.type, reply.body, reply.status);
    } catch {
      request.socket.destroy();
    }
  }

  private answerAsWechat(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', this.wechat);
    if (url.pathname !== '/authorize') return send(response, 'text/html', '<p>elsewhere');
    this.visits += 1;
    const back = new URL(url.searchParams.get('redirect_uri') ?? '');
    const state = url.searchParams.get('state') ?? '';
    const app = this.codeApp ?? this.service.states.get(state)?.app ?? '';
    if (this.mood !== 'state-only') {
      const code =
        this.mood === 'authdeny' ? 'authdeny' : this.service.newCode(app, this.person, this.codeError);
      back.searchParams.set('code', code);
    }
    back.searchParams.set('state', state);
    if (this.mood !== 'ask') return void response.writeHead(302, { Location: back.href }).end();
    send(
      response,
      'text/html; charset=utf-8',
      `<title>WeChat</title><a id=allow href="${back.href.replace(/&/g, '&amp;')}">allow</a>`,
    );
  }
}

function send(response: ServerResponse, type: string, body: string, status = 200): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
}

// The settings come from the test, in a script that runs before: `window.settings`.
const PAGE = `<!doctype html><html lang="zh-CN"><title>page</title><body><script type="module">
  import * as guiyi from '/guiyi.js';
  window.library = guiyi;
  const settings = window.settings ?? {};
  window.states = [];
  window.routes = [location.href];
  addEventListener('popstate', () => routes.push(location.href));
  window.client = guiyi.createGuiyi({ endpoint: '/graphql', apps: { wechat: 'shop', browser: 'site' }, returnTo: location.origin + '/', ...settings });
  client.subscribe(() => { states.push(client.state.status); document.title = client.state.status; });
  if (!settings.isManual) window.started = client.start();
  document.title = client.state.status;
</script>`;
