// Entry point: reads the address, the server's config and the stored state, then renders GraphiQL.
import 'graphiql/style.css';
import './style.css';
import { createRoot } from 'react-dom/client';
import { arrivalFrom, type Arrival } from './arrival';
import { keptVerifier } from './challenge';
import { loadConfig } from './config';
import { currentLanguage } from './language';
import { Playground } from './Playground';
import { Sandbox } from './sandbox';
import { Service } from './service';
import { Sessions } from './session';
import { graphiqlStorage, rememberedTabs } from './storage';
import { withTabInFront, type Tabs } from './tabs';
import type { Notice } from './useDemo';

const arrival = arrivalFrom(location.search);
// Runs first: a code in the address would stay in the browser's history.
if (location.search) history.replaceState(null, '', location.pathname);

const config = await loadConfig();
const sessions = new Sessions(sessionStorage, Date.now);
const service = new Service(config.endpoint, sessions, currentLanguage);
const tabs = withArrival(rememberedTabs(sessionStorage, config.sandbox !== null), arrival);

createRoot(document.getElementById('root')!).render(
  <Playground
    service={service}
    sessions={sessions}
    sandbox={config.sandbox === null ? null : new Sandbox(config.sandbox)}
    storage={graphiqlStorage(tabs, localStorage, sessionStorage)}
    firstNotice={noticeOf(arrival)}
  />,
);

function withArrival(tabs: Tabs, arrival: Arrival | null): Tabs {
  if (arrival?.kind !== 'code') return tabs;
  const { code, state } = arrival;
  // The state determines the app, so a selected app could only contradict it.
  return withTabInFront(tabs, 'logIn', {
    code,
    state,
    codeVerifier: keptVerifier(sessionStorage),
    app: null,
  });
}

function noticeOf(arrival: Arrival | null): Notice | null {
  if (!arrival) return null;
  return arrival.kind === 'code' ? { word: 'arrived' } : { word: 'declined', isError: true };
}
