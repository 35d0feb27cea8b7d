// One store as its customers see it: in the frame of a phone or of a browser, with three screens.
import { Guiyi } from '@guiyi/client';
import { GuiyiProvider } from '@guiyi/react';
import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Goods } from './Goods';
import { screenOf, type Screen } from './guide';
import { Me } from './Me';
import { Offer } from './Merge';
import { Orders } from './Orders';
import { Problem } from './Problem';
import { ShowCode } from './ShowCode';
import { useClientState, useShop } from './useShop';

const SCREENS: readonly Screen[] = ['goods', 'orders', 'me'];

export function Storefront() {
  const { store, client, language, t } = useShop();
  const screen = useSyncExternalStore(onHash, () => screenOf(location.hash));
  const [offered, setOffered] = useOffer();
  return (
    <section className={`frame ${store.kind}`} aria-label={store.title[language]}>
      <header>
        <b>{store.title[language]}</b>
        <small>{store.what[language]}</small>
      </header>
      <WithHooks>
        <div className="screen">
          <Greeting />
          {offered !== null && <Offer key={offered} token={offered} close={() => setOffered(null)} />}
          {screen === 'goods' ? (
            <Goods />
          ) : (
            <SignedIn>
              {screen === 'orders' ? <Orders key={client.state.user?.id} /> : <Me offer={setOffered} />}
            </SignedIn>
          )}
        </div>
      </WithHooks>
      <nav aria-label={t('screens')}>
        {SCREENS.map((name) => (
          <a key={name} href={`#${name}`} aria-current={name === screen ? 'page' : undefined}>
            {t(name)}
          </a>
        ))}
      </nav>
    </section>
  );
}

/** The hooks of @guiyi/react are for the client of pages; a mini program has no React. */
function WithHooks({ children }: { children: ReactNode }) {
  const guiyi = useShop().client;
  if (!(guiyi instanceof Guiyi)) return children;
  return (
    // region provider
    <GuiyiProvider client={guiyi}>{children}</GuiyiProvider>
    // endregion
  );
}

function Greeting() {
  const { store, client, account, language, t } = useShop();
  const { isAuthenticated, user } = useClientState(client);
  if (!isAuthenticated) return null;
  const name = account?.nickname ?? user?.nickname;
  const picture = account?.avatarUrl;
  return (
    <p className="greeting" data-signed-in="true">
      {picture && <img src={picture} alt="" width="36" height="36" />}
      <span>
        <b>{name ? t('hello', { name }) : t('customer')}</b>
        {!name && store.kind !== 'website' && (
          <small className="quiet">{t('silently', { store: store.title[language] })}</small>
        )}
      </span>
    </p>
  );
}

/** Shows its children to a person who is signed in, and to all others how to sign in. */
function SignedIn({ children }: { children: ReactNode }) {
  const { store, client, t } = useShop();
  const { isAuthenticated, isLoading, error, hint, status } = useClientState(client);
  if (isAuthenticated) return children;
  if (isLoading || status === 'unreachable') return <p className="quiet">{t('signingIn')}</p>;
  return (
    <section className="card">
      {hint === 'use-full-service' && <p>{t('fullService')}</p>}
      {hint === 'open-in-wechat' && <p>{t('openInWechat')}</p>}
      {!error && store.kind !== 'website' && <p>{t('signedOut')}</p>}
      <Problem error={error} />
      <button className="primary" onClick={() => void client.login().catch(() => undefined)}>
        {t(store.kind === 'website' ? 'scan' : 'signIn')}
      </button>
      <ShowCode names={[store.kind]} />
    </section>
  );
}

/** The merge that the login of this page has offered, or a step of it. */
function useOffer() {
  const { client } = useShop();
  const { isAuthenticated } = useClientState(client);
  const state = useState<string | null>(null);
  const [, setOffered] = state;
  useEffect(() => {
    const login = isAuthenticated && client instanceof Guiyi ? client.lastLogin : null;
    if (login?.mergeOffer) setOffered(login.mergeOffer.token);
  }, [client, isAuthenticated, setOffered]);
  return state;
}

function onHash(tell: () => void) {
  addEventListener('hashchange', tell);
  return () => removeEventListener('hashchange', tell);
}
