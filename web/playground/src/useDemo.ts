// The actions of the bar's buttons: each is one step of the demo and ends with a notice.
import { useEffect, useState } from 'react';
import { keptVerifier, newChallenge } from './challenge';
import { opensInBrowser, type App, type Person, type Sandbox } from './sandbox';
import type { Service } from './service';
import type { TabActions } from './useTabs';
import type { Word } from './words';

/** A text for the person, with the values of its placeholders. */
export interface Notice {
  word: Word;
  blanks?: Record<string, string>;
  isError?: boolean;
}

export interface Cast {
  apps: App[];
  people: Person[];
}

/** Loads the people and apps to choose from; empty until loaded, and always empty without a sandbox. */
export function useCast(sandbox: Sandbox | null, tell: (notice: Notice) => void): Cast {
  const [cast, setCast] = useState<Cast>({ apps: [], people: [] });
  useEffect(() => {
    if (!sandbox) return;
    Promise.all([sandbox.apps(), sandbox.people()])
      .then(([apps, people]) => setCast({ apps, people }))
      .catch((error: unknown) => tell(failure(error)));
  }, [sandbox, tell]);
  return cast;
}

export async function getLoginCode(
  { sandbox, service }: { sandbox: Sandbox; service: Service },
  tabs: TabActions,
  app: App,
  person: Person,
): Promise<Notice> {
  // The code is obtained without a visit to WeChat's page; the login begins in the same way.
  const begun = await begin(service, app);
  const codeVerifier = begun && keptVerifier(sessionStorage);
  const code = await sandbox.loginCode(app, person);
  tabs.open('logIn', { code, app: app.name, state: begun?.state ?? null, codeVerifier });
  return { word: 'codeReady', blanks: { person: person.nickname, app: app.title } };
}

export async function openWechatPage(service: Service, app: App): Promise<void> {
  const begun = await begin(service, app);
  if (!begun?.authorizeUrl) throw new Error('no page to open');
  location.assign(begun.authorizeUrl);
}

interface Begun {
  /** Only for a login in a browser. */
  authorizeUrl?: string;
  state: string;
}

/** Begins a login of this kind of app, bound to this browser tab; `null` for a mini program, whose logins skip this step. */
async function begin(service: Service, app: App): Promise<Begun | null> {
  if (app.kind === 'wechat-mini-program') return null;
  const bound = { app: app.name, codeChallenge: await newChallenge(sessionStorage) };
  const isBrowser = opensInBrowser(app);
  const scope = app.kind === 'wechat-official-account' ? { scope: 'USERINFO' } : {};
  const input = isBrowser ? { ...bound, ...scope, returnTo: `${location.origin}/playground` } : bound;
  const query = isBrowser
    ? 'mutation BeginLogin($input: BeginLoginInput!) { beginLogin(input: $input) { authorizeUrl state } }'
    : 'mutation BeginLogin($input: BeginNativeLoginInput!) { beginNativeLogin(input: $input) { state } }';
  const answer = await service.run({ query, variables: { input } });
  const begun = answer.data?.[isBrowser ? 'beginLogin' : 'beginNativeLogin'] as Begun | null | undefined;
  if (!begun) throw new Error(answer.errors?.[0]?.message ?? 'the login does not begin');
  return begun;
}

export async function readSms(sandbox: Sandbox, tabs: TabActions): Promise<Notice> {
  const phone = tabs.read('bindPhone', 'phone');
  if (!phone) return { word: 'noPhone', isError: true };
  const code = await sandbox.phoneCode(phone);
  tabs.open('bindPhone', code === null ? {} : { code });
  return { word: code === null ? 'noSms' : 'smsReady', blanks: { phone }, isError: code === null };
}

export function failure(error: unknown): Notice {
  const reason = error instanceof Error ? error.message : String(error);
  return { word: 'failed', blanks: { reason }, isError: true };
}
