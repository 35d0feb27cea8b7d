// A page with the hooks, for the tests in a browser.

import { createGuiyi } from '@guiyi/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { GuiyiProvider, useLogin, useOrders, useSession } from '../../dist/index.js';

function Page() {
  const { status, user } = useSession();
  const { login, logout, upgrade, isLoading, error, hint } = useLogin();
  const { orders, hasMore, loadMore, refetch, ...list } = useOrders({ first: 2 });
  return (
    <main data-loading={isLoading} data-hint={hint}>
      <h1>{status}</h1>
      <p id="user">{user?.nickname}</p>
      <p id="error">{error?.code ?? list.error?.code}</p>
      <ul>
        {orders.map(({ id, orderNo }) => (
          <li key={id}>{orderNo}</li>
        ))}
      </ul>
      <button id="more" disabled={!hasMore} onClick={() => void loadMore()}>
        more
      </button>
      <button id="again" onClick={() => void refetch()}>
        again
      </button>
      <button id="login" onClick={login}>
        login
      </button>
      <button id="upgrade" onClick={upgrade}>
        upgrade
      </button>
      <button id="logout" onClick={() => void logout()}>
        logout
      </button>
    </main>
  );
}

const apps = { wechat: 'shop', browser: 'site' };
const client = createGuiyi({ endpoint: '/graphql', apps, returnTo: `${location.origin}/app` });
const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(
  <StrictMode>
    <GuiyiProvider client={client}>
      <Page />
    </GuiyiProvider>
  </StrictMode>,
);
