// The client of the sandbox: its apps, people, codes and SMS. Unused in production, which has no sandbox.

export type AppKind = 'wechat-official-account' | 'wechat-website' | 'wechat-mobile' | 'wechat-mini-program';

export interface App {
  name: string;
  title: string;
  kind: AppKind;
}

export interface Person {
  id: string;
  nickname: string;
  /** In E.164; the first is bound to WeChat. */
  phones: string[];
}

/** Returns whether a login to this app begins with a page in the browser. */
export function opensInBrowser(app: App): boolean {
  return app.kind === 'wechat-official-account' || app.kind === 'wechat-website';
}

/** Returns the WeChat scope that includes a unionId for this kind of app. */
export function scopeOf(app: App): string {
  return app.kind === 'wechat-website' ? 'snsapi_login' : 'snsapi_userinfo';
}

export class Sandbox {
  constructor(private readonly origin: string) {}

  apps(): Promise<App[]> {
    return this.#ask('/_sandbox/apps');
  }

  people(): Promise<Person[]> {
    return this.#ask('/_sandbox/people');
  }

  /** Requests a login code, as WeChat would return it to the app. It works once. */
  async loginCode(app: App, person: Person): Promise<string> {
    const body = JSON.stringify({ app: app.name, person: person.id, scope: scopeOf(app) });
    const headers = { 'Content-Type': 'application/json' };
    const { code } = await this.#ask<{ code: string }>('/_sandbox/codes', { method: 'POST', headers, body });
    return code;
  }

  /** Returns the newest code that was sent to this phone; `null` if there is none. */
  async phoneCode(phone: string): Promise<string | null> {
    const [newest] = await this.#ask<{ code: string }[]>(`/_sandbox/sms?to=${encodeURIComponent(phone)}`);
    return newest?.code ?? null;
  }

  async #ask<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await fetch(this.origin + path, init);
    if (!response.ok) throw new Error(`the sandbox answered ${response.status} to ${path}`);
    return (await response.json()) as T;
  }
}
