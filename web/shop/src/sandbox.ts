// The sandbox as the shop uses it: its text messages, and its codes for the mini program.

export interface Sms {
  readonly to: string;
  readonly code: string;
  readonly text: string;
}

export interface Person {
  readonly id: string;
  readonly nickname: string;
  readonly phones: readonly string[];
}

export class Sandbox {
  constructor(private readonly origin: string) {}

  people(): Promise<Person[]> {
    return this.#ask('/_sandbox/people');
  }

  /** The newest message to a number; null if there is none. */
  async sms(to: string): Promise<Sms | null> {
    const [newest] = await this.#ask<Sms[]>(`/_sandbox/sms?to=${encodeURIComponent(to)}`);
    return newest ?? null;
  }

  /** A code for `wx.login` of a mini program. */
  async loginCode(app: string, person: string): Promise<string> {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ app, person });
    const { code } = await this.#ask<{ code: string }>('/_sandbox/codes', { method: 'POST', headers, body });
    return code;
  }

  async #ask<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await fetch(this.origin + path, init);
    if (!response.ok) throw new Error(`the sandbox answered ${response.status} to ${path}`);
    return (await response.json()) as T;
  }
}
