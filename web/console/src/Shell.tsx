// The frame of every screen: where one can go, the box of the search, and who is signed in.
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { NavLink, useLocation } from 'react-router';
import { useAct } from './act';
import { SIGN_OUT } from './documents';
import { Icon, type IconName } from './icons';
import { KeyboardHelp } from './KeyboardHelp';
import { useKeys } from './keys';
import { chooseLanguage, useLanguage, useWords } from './language';
import { Problem } from './parts';
import { useOperator } from './scopes';
import { SearchBox } from './SearchBox';
import { Logo } from './SignIn';
import type { ServiceScope } from './generated';
import type { Word } from './words';

const SCREENS: readonly (readonly [string, Word, IconName, ServiceScope | null])[] = [
  ['/', 'search', 'search', 'USERS_READ'],
  ['/cases', 'cases', 'cases', 'CONFLICTS_READ'],
  ['/requests', 'requests', 'requests', 'USERS_READ'],
  ['/health', 'health', 'health', 'STATISTICS_READ'],
  ['/audit', 'audit', 'audit', 'AUDIT_READ'],
  ['/tokens', 'tokens', 'tokens', 'TOKENS_READ'],
  ['/settings', 'settings', 'settings', null],
];

export function Shell({
  children,
  onSignedOut,
}: {
  readonly children: ReactNode;
  readonly onSignedOut: () => void;
}) {
  const say = useWords();
  const { scopes } = useOperator();
  const [help, setHelp] = useState(false);
  const closeHelp = useCallback(() => setHelp(false), []);
  useKeys({ '?': () => setHelp(true) });
  useFocus();
  const screens = SCREENS.filter(([, , , scope]) => !scope || scopes.includes(scope));
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {say('skip')}
      </a>
      <nav aria-label={say('screens')}>
        <NavLink to="/" className="brand" end>
          <Logo />
          <span>
            归一 <small>Guiyi</small>
          </span>
        </NavLink>
        <ul>
          {screens.map(([path, word, icon]) => (
            <li key={path}>
              <NavLink to={path} end={path === '/'}>
                <Icon name={icon} />
                <span>{say(word)}</span>
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <header className="bar">
        <NavLink to="/" className="brand small" end aria-label={say('search')}>
          <Logo />
        </NavLink>
        <SearchBox />
        <Who onSignedOut={onSignedOut} onHelp={() => setHelp(true)} />
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {help && <KeyboardHelp onClose={closeHelp} />}
    </div>
  );
}

/** Another screen gets the focus, so that its keys work and a screen reader begins there; the search keeps that of its box. */
function useFocus() {
  const { pathname } = useLocation();
  const screen = pathname.split('/').slice(0, 3).join('/');
  useEffect(() => {
    const content = document.getElementById('content');
    if (screen !== '/' && !content?.contains(document.activeElement)) content?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [screen]);
}

function Who({ onSignedOut, onHelp }: { readonly onSignedOut: () => void; readonly onHelp: () => void }) {
  const say = useWords();
  const language = useLanguage();
  const { name, role } = useOperator();
  const act = useAct(SIGN_OUT);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return undefined;
    const close = ({ key }: KeyboardEvent) => key === 'Escape' && setOpen(false);
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, [open]);
  const signOut = async () => {
    if (await act.run({})) onSignedOut();
  };
  return (
    <div className="who">
      <button
        type="button"
        className="language bare"
        lang={language === 'zh' ? 'en' : 'zh-CN'}
        onClick={() => chooseLanguage(language === 'zh' ? 'en' : 'zh')}
      >
        {say('otherLanguage')}
      </button>
      <button type="button" className="me" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="initial" aria-hidden="true">
          {[...name][0]?.toUpperCase()}
        </span>
        <span className="name">{name}</span>
      </button>
      {open && (
        <div className="sheet">
          <p>
            <b>{name}</b>
            <br />
            <span className="quiet">{say(`role_${role}`)}</span>
          </p>
          <button type="button" onClick={onHelp}>
            <Icon name="keyboard" />
            {say('keyboard')}
          </button>
          <button type="button" disabled={act.busy} onClick={() => void signOut()}>
            <Icon name="out" />
            {say('signOut')}
          </button>
          <Problem failure={act.failure} />
        </div>
      )}
    </div>
  );
}
