// What the buttons of the bar do: each is one step of the demo, and ends in a sentence for the person.
import { useEffect, useState } from 'react';
import { newChallenge } from './challenge';
import { opensInBrowser, type App, type Person, type Sandbox } from './sandbox';
import type { Service } from './service';
import type { TabActions } from './useTabs';
import type { Word } from './words';

/** A sentence for the person, with what fills its blanks. */
export interface Notice {
  word: Word;
  blanks?: Record<string, string>;
  isError?: boolean;
}

export interface Cast {
  apps: App[];
  people: Person[];
}

/** Loads who and what can be chosen; empty until then, and empty for ever without a sandbox. */
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
  sandbox: Sandbox,
  tabs: TabActions,
  app: App,
  person: Person,
): Promise<Notice> {
  const code = await sandbox.loginCode(app, person);
  // What is left of an earlier trip to WeChat's page belongs to another code.
  tabs.open('logIn', { code, app: app.name, state: null, codeVerifier: null });
  return { word: 'codeReady', blanks: { person: person.nickname, app: app.title } };
}

export async function openWechatPage(service: Service, app: App): Promise<void> {
  const input = {
    app: app.name,
    returnTo: `${location.origin}/playground`,
    ...(app.kind === 'wechat-official-account' && { scope: 'USERINFO' }),
    // Browsers hash only on pages of this machine and over https; elsewhere an app with state = "bound" says so.
    ...(isSecureContext && { codeChallenge: await newChallenge(sessionStorage) }),
  };
  const query =
    'mutation BeginLogin($input: BeginLoginInput!) { beginLogin(input: $input) { authorizeUrl } }';
  const answer = await service.run({ query, variables: { input } });
  const begun = answer.data?.['beginLogin'] as { authorizeUrl: string } | null | undefined;
  if (!begun || !opensInBrowser(app)) throw new Error(answer.errors?.[0]?.message ?? 'no page to open');
  location.assign(begun.authorizeUrl);
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
