// The bar above GraphiQL: who is signed in and, with a sandbox, the demo's controls.
import { useEffect, useId, useState, useSyncExternalStore } from 'react';
import icon from './icon.svg';
import { chooseLanguage, useLanguage } from './language';
import { opensInBrowser, type Sandbox } from './sandbox';
import type { Service } from './service';
import type { Sessions } from './session';
import { failure, getLoginCode, openWechatPage, readSms, useCast, type Notice } from './useDemo';
import { useTabs } from './useTabs';
import { say, type Language, type Word } from './words';

interface BarProps {
  service: Service;
  sessions: Sessions;
  sandbox: Sandbox | null;
  /** The notice when the page opens. */
  firstNotice: Notice | null;
}

export function Bar({ service, sessions, sandbox, firstNotice }: BarProps) {
  const language = useLanguage();
  const tabs = useTabs();
  const [notice, setNotice] = useState(firstNotice);

  useEffect(
    () =>
      sessions.onBegin(({ unionId }) => {
        if (unionId) tabs.write('orders', { unionId });
        setNotice(unionId ? { word: 'welcome' } : null);
      }),
    [sessions, tabs.write],
  );
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);

  return (
    <header className="bar">
      <div className="bar-row">
        <span className="brand">
          <img src={icon} alt="" width="22" height="22" />
          <b>Guiyi</b>
          <span className="brand-han">归一</span>
        </span>
        {sandbox && <Demo {...{ language, service, sandbox, tabs, setNotice }} />}
        <SignedIn {...{ language, service, sessions, setNotice }} />
        <LanguageSwitch language={language} />
      </div>
      <NoticeLine language={language} notice={notice} dismiss={() => setNotice(null)} />
    </header>
  );
}

interface DemoProps {
  language: Language;
  service: Service;
  sandbox: Sandbox;
  tabs: ReturnType<typeof useTabs>;
  setNotice(notice: Notice | null): void;
}

function Demo({ language, service, sandbox, tabs, setNotice }: DemoProps) {
  const { apps, people } = useCast(sandbox, setNotice);
  const [appName, setAppName] = useRemembered('guiyi:app', 'shop');
  const [personId, setPersonId] = useRemembered('guiyi:person', 'lan');
  const app = apps.find(({ name }) => name === appName) ?? apps[0];
  const person = people.find(({ id }) => id === personId) ?? people[0];
  const words = (word: Word, blanks?: Record<string, string>) => say(language, word, blanks);
  const [act, busy] = useAct(setNotice);
  if (!app || !person) return null;

  const idle = tabs.ready && !busy;
  const choosePerson = (id: string) => {
    setPersonId(id);
    const phone = people.find((somebody) => somebody.id === id)?.phones[0];
    if (phone) tabs.write('bindPhone', { phone, code: '' });
  };
  const logIn = async () => {
    await getLoginCode({ sandbox, service }, tabs, app, person);
    tabs.run();
  };

  return (
    <div className="demo" role="group" aria-label={words('demo')}>
      <Choice label={words('app')} value={app.name} choose={setAppName}>
        {apps.map(({ name, title }) => (
          <option key={name} value={name}>
            {title === name ? name : `${title} (${name})`}
          </option>
        ))}
      </Choice>
      <Choice label={words('person')} value={person.id} choose={choosePerson}>
        {people.map(({ id, nickname }) => (
          <option key={id} value={id}>
            {nickname} ({id})
          </option>
        ))}
      </Choice>
      <button className="primary" disabled={!idle} onClick={() => act(logIn)}>
        {words('logInNow')}
      </button>
      <button
        disabled={!idle}
        onClick={() => act(() => getLoginCode({ sandbox, service }, tabs, app, person))}
      >
        {words('getCode')}
      </button>
      <button
        disabled={!idle || !opensInBrowser(app)}
        title={opensInBrowser(app) ? undefined : words('onlyBrowserApps', { app: app.title })}
        onClick={() => act(() => openWechatPage(service, app))}
      >
        {words('openPage')}
      </button>
      <button disabled={!idle} onClick={() => act(() => readSms(sandbox, tabs))}>
        {words('readSms')}
      </button>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choose(value: string): void;
  children: React.ReactNode;
}

function Choice({ label, value, choose, children }: ChoiceProps) {
  const id = useId();
  return (
    <span className="choice">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => choose(event.target.value)}>
        {children}
      </select>
    </span>
  );
}

interface SignedInProps {
  language: Language;
  service: Service;
  sessions: Sessions;
  setNotice(notice: Notice | null): void;
}

function SignedIn({ language, service, sessions, setNotice }: SignedInProps) {
  const session = useSyncExternalStore(sessions.watch, sessions.current);
  const [act, busy] = useAct(setNotice);
  useEffect(() => {
    service.recognise().catch(() => undefined);
  }, [service]);
  useExpiry(sessions, session?.accessToken, session?.expiresAt);

  const signOut = async () => {
    try {
      await service.run({ query: 'mutation Logout { logout }' });
    } finally {
      // Sign out locally even if the service is unreachable or the session has ended.
      sessions.end();
    }
  };
  return (
    <div className="session" role="group" aria-label={say(language, 'session')}>
      {session ? (
        <>
          <span className="who" data-signed-in="true" title={session.name ?? undefined}>
            {say(language, 'signedInAs')} <b>{session.name ?? '…'}</b>
          </span>
          <button disabled={busy} onClick={() => act(signOut)}>
            {say(language, 'signOut')}
          </button>
        </>
      ) : (
        <span className="who" data-signed-in="false">
          {say(language, 'signedOut')}
        </span>
      )}
    </div>
  );
}

function LanguageSwitch({ language }: { language: Language }) {
  return (
    <button
      className="language"
      lang={language === 'zh' ? 'en' : 'zh-CN'}
      aria-label={say(language, 'switchLanguageLabel')}
      onClick={() => chooseLanguage(language === 'zh' ? 'en' : 'zh')}
    >
      {say(language, 'switchLanguage')}
    </button>
  );
}

interface NoticeLineProps {
  language: Language;
  notice: Notice | null;
  dismiss(): void;
}

// The line is always in the page, so that screen readers announce its changes.
function NoticeLine({ language, notice, dismiss }: NoticeLineProps) {
  return (
    <div className="notice" role="status" data-kind={notice?.isError ? 'error' : 'hint'} hidden={!notice}>
      <span>{notice && say(language, notice.word, notice.blanks)}</span>
      <button aria-label={say(language, 'dismiss')} onClick={dismiss}>
        ×
      </button>
    </div>
  );
}

/** A choice that persists across a visit to WeChat's page. */
function useRemembered(key: string, first: string) {
  const [value, setValue] = useState(() => sessionStorage.getItem(key) ?? first);
  const choose = (chosen: string) => {
    sessionStorage.setItem(key, chosen);
    setValue(chosen);
  };
  return [value, choose] as const;
}

/** Runs one action at a time and shows its outcome. */
function useAct(setNotice: (notice: Notice | null) => void) {
  const [busy, setBusy] = useState(false);
  const act = (action: () => Promise<Notice | void>) => {
    setBusy(true);
    action()
      .then((notice) => notice && setNotice(notice))
      .catch((error: unknown) => setNotice(failure(error)))
      .finally(() => setBusy(false));
  };
  return [act, busy] as const;
}

function useExpiry(
  sessions: Sessions,
  accessToken: string | undefined,
  expiresAt: string | null | undefined,
) {
  useEffect(() => {
    const left = Date.parse(expiresAt ?? '') - Date.now();
    // Timers are limited to 31 bits of milliseconds; a session that lasts longer needs none.
    if (!(left < 2 ** 31)) return;
    const timer = setTimeout(() => sessions.end(accessToken), Math.max(left, 0));
    return () => clearTimeout(timer);
  }, [sessions, accessToken, expiresAt]);
}
