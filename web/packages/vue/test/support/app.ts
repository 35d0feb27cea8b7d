// A page with the composables, for the tests in a browser.

import { createGuiyi } from '@guiyi/client';
import { createApp, defineComponent, h } from 'vue';
import { guiyi, useLogin, useOrders, useSession } from '../../dist/index.js';

const Page = defineComponent(() => {
  const { status, user } = useSession();
  const { login, logout, upgrade, isLoading, error, hint } = useLogin();
  const { orders, hasMore, loadMore, refetch, error: listError } = useOrders({ first: 2 });
  const button = (id: string, onClick: () => unknown, disabled = false) =>
    h('button', { id, disabled, onClick }, id);
  return () =>
    h('main', { 'data-loading': String(isLoading.value), 'data-hint': hint.value }, [
      h('h1', status.value),
      h('p', { id: 'user' }, user.value?.nickname ?? ''),
      h('p', { id: 'error' }, error.value?.code ?? listError.value?.code),
      h(
        'ul',
        orders.value.map(({ id, orderNo }) => h('li', { key: id }, orderNo)),
      ),
      button('more', loadMore, !hasMore.value),
      button('again', refetch),
      button('login', login),
      button('upgrade', upgrade),
      button('logout', logout),
    ]);
});

const apps = { wechat: 'shop', browser: 'site' };
const client = createGuiyi({ endpoint: '/graphql', apps, returnTo: `${location.origin}/app` });
const root = document.createElement('div');
document.body.append(root);
createApp(Page).use(guiyi(client)).mount(root);
