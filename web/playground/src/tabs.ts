// The prepared tabs, and the identification of a tab after the person edited it. Independent of GraphiQL and the browser:
// see useTabs.ts and storage.ts for these.
import bindPhone from './documents/bind-phone.graphql?raw';
import logIn from './documents/log-in.graphql?raw';
import me from './documents/me.graphql?raw';
import orders from './documents/orders.graphql?raw';
import whatNext from './documents/what-next.graphql?raw';
import { documentWithoutSecrets, variablesWithoutSecrets } from './secrets';
import { withVariables, type Changes } from './variables';

/** The purpose of a prepared tab. */
export type Purpose = 'logIn' | 'me' | 'bindPhone' | 'orders' | 'whatNext';

/** One tab, in GraphiQL's stored format. */
export interface Tab {
  id: string;
  hash: string;
  title: string;
  query: string | null;
  variables: string | null;
  headers: string | null;
  operationName: string | null;
  response: string | null;
}

/** All tabs, in GraphiQL's stored format. */
export interface Tabs {
  tabs: Tab[];
  activeTabIndex: number;
}

interface Prepared {
  title: string;
  document: string;
  variables: Changes;
  // The field that identifies a tab's purpose, regardless of other edits.
  field: RegExp;
}

const PREPARED: Record<Purpose, Prepared> = {
  logIn: {
    title: 'LogIn',
    document: logIn,
    variables: { code: '', app: 'shop' },
    field: /\bwechatLogin\s*\(/,
  },
  me: { title: 'Me', document: me, variables: {}, field: /\bme\s*\{/ },
  bindPhone: {
    title: 'SendPhoneCode',
    document: bindPhone,
    variables: { phone: '+8613800000001', code: '' },
    field: /\bbindPhone\s*\(/,
  },
  orders: { title: 'Orders', document: orders, variables: { unionId: '' }, field: /\bordersByUnionId\s*\(/ },
  whatNext: { title: 'WhatNext', document: whatNext, variables: {}, field: /\bapps\s*\{/ },
};

/**
 * Returns the tabs of a first visit. Only the demo company's tabs are filled in: elsewhere its phone number may belong
 * to a real person, and a message to it costs money.
 */
export function preparedTabs(isDemo: boolean): Tabs {
  const purposes = Object.keys(PREPARED) as Purpose[];
  const tabs = purposes.map((purpose) => preparedTab(purpose));
  return { tabs: isDemo ? tabs : tabs.map(emptied), activeTabIndex: 0 };
}

/** Returns a new prepared tab. */
export function preparedTab(purpose: Purpose): Tab {
  const { title, document, variables } = PREPARED[purpose];
  const isEmpty = Object.keys(variables).length === 0;
  return {
    id: `prepared-${purpose}-${nextId()}`,
    hash: '',
    title,
    query: document,
    variables: isEmpty ? '' : withVariables(null, variables),
    headers: null,
    operationName: null,
    response: null,
  };
}

/** Returns the index of the tab with this purpose; -1 if it is closed. */
export function indexOfTab(tabs: readonly { query: string | null }[], purpose: Purpose): number {
  return tabs.findIndex(({ query }) => PREPARED[purpose].field.test(withoutComments(query ?? '')));
}

/** Sets variables in the tab with this purpose and activates it; reopens a closed tab. */
export function withTabInFront(state: Tabs, purpose: Purpose, changes: Changes): Tabs {
  const found = indexOfTab(state.tabs, purpose);
  const tabs = found < 0 ? [...state.tabs, preparedTab(purpose)] : state.tabs;
  const index = found < 0 ? tabs.length - 1 : found;
  const changed = tabs.map((tab, at) =>
    at === index ? { ...tab, variables: withVariables(tab.variables, changes) } : tab,
  );
  return { tabs: changed, activeTabIndex: index };
}

/** Returns the tabs for storage: without codes, tokens, headers and answers. */
export function tabsWithoutSecrets(state: Tabs): Tabs {
  const tabs = state.tabs.map((tab) => ({
    ...tab,
    hash: '',
    query: documentWithoutSecrets(tab.query),
    variables: variablesWithoutSecrets(tab.variables),
    headers: null,
    response: null,
  }));
  return { ...state, tabs };
}

/** Parses stored tabs; `null` if there are none or their format differs. */
export function tabsFrom(stored: string | null): Tabs | null {
  try {
    const state = JSON.parse(stored ?? '') as Partial<Tabs> | null;
    const isWhole = Array.isArray(state?.tabs) && typeof state.activeTabIndex === 'number';
    return isWhole && state.activeTabIndex! in state.tabs! ? (state as Tabs) : null;
  } catch {
    return null;
  }
}

function emptied(tab: Tab): Tab {
  return { ...tab, variables: tab.variables?.replace(/: ".*"/g, ': ""') ?? null };
}

function withoutComments(document: string): string {
  return document.replace(/^\s*#.*$/gm, '');
}

let ids = 0;

function nextId(): string {
  ids += 1;
  return `${Date.now().toString(36)}-${ids}`;
}
