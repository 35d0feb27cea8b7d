// The WeChat that runs on your laptop: its apps, its people, its codes and its SMS.
// In production there is none, and nothing here is called.

export type AppKind = 'wechat-official-account' | 'wechat-website' | 'wechat-mobile' | 'wechat-mini-program';

export interface App {
  name: string;
  title: string;
  kind: AppKind;
}

export interface Person {
  id: string;
  nickname: string;
  /** In E.164; WeChat knows the first. */
  phones: string[];
}

/** Does a login to this app begin with a page in the browser? */
export function opensInBrowser(app: App): boolean {
  return app.kind === 'wechat-official-account' || app.kind === 'wechat-website';
}

/** The WeChat scope that gives a unionId in this kind of app. */
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

  /** A login code, as WeChat would hand it to the app. It works once. */
  async loginCode(app: App, person: Person): Promise<string> {
    const body = JSON.stringify({ app: app.name, person: person.id, scope: scopeOf(app) });
    const headers = { 'Content-Type': 'application/json' };
    const { code } = await this.#ask<{ code: string }>('/_sandbox/codes', { method: 'POST', headers, body });
    return code;
  }

  /** The newest code that was sent to this phone; `null` when none was. */
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
