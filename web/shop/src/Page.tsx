// The page: the stores above, one of them in its frame, and beside it the story and what Guiyi knows.
import { useEffect, useMemo, useState } from 'react';
import type { Client } from './clients';
import { chooseLanguage, useLanguage } from './language';
import { Guide, Knows, Next } from './Side';
import type { Person, Sandbox } from './sandbox';
import { Storefront } from './Storefront';
import { STORES, type Store } from './stores';
import { ShopContext, useAccount, words } from './useShop';
import type { Language } from './words';

const PERSON = 'hemu.person';

interface PageProps {
  store: Store;
  sandbox: Sandbox;
  /** The client of the page; that of a mini program is of one person's phone. */
  clientOf(person: string): Client;
}

export function Page({ store, sandbox, clientOf }: PageProps) {
  const language = useLanguage();
  const [person, setPerson] = useState(() => localStorage.getItem(PERSON) ?? 'lan');
  const client = clientOf(person);
  const { account, refresh } = useAccount(client);
  const t = useMemo(() => words(language), [language]);
  const shop = { store, sandbox, client, account, refresh, language, t };
  useEffect(() => {
    document.title = `${store.title[language]} · 禾木 Hemu`;
  }, [store, language]);
  const choose = (id: string) => {
    localStorage.setItem(PERSON, id);
    setPerson(id);
  };

  return (
    <ShopContext value={shop}>
      <Top language={language} />
      <nav className="stores" aria-label={t('stores')}>
        {STORES.map(({ name, title, what }) => (
          <a key={name} href={`/${name}`} aria-current={name === store.name ? 'page' : undefined}>
            <i className={`dot ${name}`} aria-hidden="true" /> <b>{title[language]}</b>{' '}
            <small>{what[language]}</small>
          </a>
        ))}
      </nav>
      <main>
        <div className="stage">
          <Next />
          {store.kind === 'mini' && (
            <Whose person={person} choose={choose} sandbox={sandbox} label={t('person')} />
          )}
          <Storefront key={person} />
        </div>
        <aside aria-label={t('knows')}>
          <Guide />
          <Knows />
        </aside>
      </main>
      <footer className="quiet">{t('demo')}</footer>
    </ShopContext>
  );
}

/** The head of every page. */
export function Top({ language }: { language: Language }) {
  const t = words(language);
  return (
    <header className="top">
      <h1>
        <Leaf /> 禾木 <span lang="en">Hemu</span>
      </h1>
      <button
        className="language"
        lang={language === 'zh' ? 'en' : 'zh-CN'}
        onClick={() => chooseLanguage(language === 'zh' ? 'en' : 'zh')}
      >
        {t('switchLanguage')}
      </button>
      <p>{t('lead')}</p>
    </header>
  );
}

/** The sign of the company, drawn here: an image would be one more request before the first paint. */
function Leaf() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" className="sign">
      <rect width="32" height="32" rx="8" />
      <path d="M16 26C8 22 7 13 9 7c5 1 8 5 7 12 1-5 4-8 8-8 0 7-3 12-8 15Z" />
    </svg>
  );
}

interface WhoseProps {
  person: string;
  sandbox: Sandbox;
  label: string;
  choose(person: string): void;
}

/** Whose phone the mini program runs on. On the pages, the sandbox's page asks it. */
function Whose({ person, sandbox, label, choose }: WhoseProps) {
  const [people, setPeople] = useState<readonly Person[]>([]);
  useEffect(() => {
    sandbox.people().then(setPeople, () => undefined);
  }, [sandbox]);
  return (
    <label className="whose">
      {label}{' '}
      <select value={person} onChange={(event) => choose(event.target.value)}>
        {people.map(({ id, nickname }) => (
          <option key={id} value={id}>
            {nickname}
          </option>
        ))}
      </select>
    </label>
  );
}
