// The start of the page: the language, the config, and one client for as long as the page lives.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { miniProgram, officialAccount, website, type Client } from './clients';
import { loadConfig, type Config } from './config';
import { beginLanguage } from './language';
import { Page } from './Page';
import { Sandbox } from './sandbox';
import { storeOf, type Store } from './stores';
import './style.css';
import { Welcome } from './Welcome';
import { languageOf, say } from './words';
import { imitateWx } from './wx';

/** Returns the client of a person's phone, made once. Only that of a mini program depends on the person. */
function clientsOf(store: Store, { endpoint }: Config, sandbox: Sandbox): (person: string) => Client {
  if (store.kind !== 'mini') {
    const client = store.kind === 'website' ? website(endpoint) : officialAccount(endpoint, store.name);
    return () => client;
  }
  const made = new Map<string, Client>();
  return (person) => {
    const language = document.documentElement.lang;
    const client = made.get(person) ?? miniProgram(endpoint, imitateWx(sandbox, person, language));
    made.set(person, client);
    return client;
  };
}

function pageOf(config: Config) {
  const store = storeOf(location.pathname);
  if (!store) return <Welcome />;
  const sandbox = new Sandbox(config.sandbox);
  return <Page store={store} sandbox={sandbox} clientOf={clientsOf(store, config, sandbox)} />;
}

beginLanguage();
const root = document.getElementById('root') as HTMLElement;
try {
  const config = await loadConfig();
  createRoot(root).render(<StrictMode>{pageOf(config)}</StrictMode>);
} catch (error) {
  const language = languageOf(document.documentElement.lang, []);
  root.textContent = say(language, 'broken', { reason: String(error) });
}
