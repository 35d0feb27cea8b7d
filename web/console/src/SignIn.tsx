// What is shown to a browser in which no operator is signed in.
import { useEffect } from 'react';
import { chooseLanguage, useLanguage, useWords } from './language';
import { Note } from './parts';

export function SignIn({ ended }: { readonly ended: boolean }) {
  const say = useWords();
  const language = useLanguage();
  useEffect(() => {
    document.title = `${say('signIn')} · 归一 Guiyi`;
  }, [say]);
  return (
    <main className="alone">
      <div className="card sign-in">
        <Logo />
        <h1>{say('desk')}</h1>
        <p className="quiet">{say('signInWhy')}</p>
        {ended && (
          <Note kind="warn" icon="warn">
            {say('sessionEnded')}
          </Note>
        )}
        <a className="button primary" href="/console/login">
          {say('signIn')}
        </a>
        <button
          type="button"
          className="bare"
          onClick={() => chooseLanguage(language === 'zh' ? 'en' : 'zh')}
        >
          <span lang={language === 'zh' ? 'en' : 'zh-CN'}>{say('otherLanguage')}</span>
        </button>
      </div>
    </main>
  );
}

/** The sign of the product: lines that become one. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M8 9c5 0 5 7 9 7M8 16h9M8 23c5 0 5-7 9-7" />
      <circle cx="21" cy="16" r="4" />
    </svg>
  );
}
