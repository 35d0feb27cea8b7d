// The first page, at `/`: what the shop shows, before any login.
import { Top } from './Page';
import { useLanguage } from './language';
import { STORES } from './stores';
import { words } from './useShop';

export function Welcome() {
  const language = useLanguage();
  const t = words(language);
  return (
    <>
      <Top language={language} />
      <main className="welcome">
        <h2>{t('welcome')}</h2>
        <ul>
          {STORES.map(({ name, title, what }) => (
            <li key={name}>
              <i className={`dot ${name}`} aria-hidden="true" /> {title[language]}{' '}
              <small>{what[language]}</small>
            </li>
          ))}
        </ul>
        <p>{t('welcomeHow')}</p>
        <p>
          <a className="primary button" href="/shop#orders">
            {t('begin')}
          </a>
        </p>
        <p className="quiet">{t('demo')}</p>
      </main>
    </>
  );
}
