// The storage for GraphiQL, in place of the browser's localStorage.
// Appearance goes to localStorage, documents without secrets to sessionStorage, and everything else stays in memory.
import type { GraphiQLProvider } from '@graphiql/react';
import type { ComponentProps } from 'react';
import { preparedTabs, tabsFrom, tabsWithoutSecrets, type Tabs } from './tabs';

type GraphiqlStorage = NonNullable<ComponentProps<typeof GraphiQLProvider>['storage']>;

const TABS = 'graphiql:tabState';
const STORED_TABS = 'guiyi:tabs:1';
const LOOKS = ['theme', 'docExplorerFlex', 'editorFlex', 'secondaryEditorFlex'].map(
  (name) => `graphiql:${name}`,
);

/** Returns the tabs from before a reload or a visit to WeChat, or the prepared ones. */
export function rememberedTabs(session: Storage, isDemo: boolean): Tabs {
  return tabsFrom(session.getItem(STORED_TABS)) ?? preparedTabs(isDemo);
}

/** Creates GraphiQL's storage with these tabs. */
export function graphiqlStorage(tabs: Tabs, local: Storage, session: Storage): GraphiqlStorage {
  const memory = new Map<string, string>();
  remember(memory, tabs);
  return {
    getItem: (key) => (LOOKS.includes(key) ? local.getItem(key) : (memory.get(key) ?? null)),
    setItem(key, value) {
      if (LOOKS.includes(key)) return local.setItem(key, value);
      memory.set(key, value);
      if (key === TABS) store(session, value);
    },
    removeItem(key) {
      local.removeItem(key);
      memory.delete(key);
    },
    clear() {
      memory.clear();
      session.removeItem(STORED_TABS);
      for (const key of LOOKS) local.removeItem(key);
    },
    get length() {
      return memory.size;
    },
  };
}

// GraphiQL finds the active tab by comparing the stored tabs with the stored query and variables.
function remember(memory: Map<string, string>, tabs: Tabs) {
  const front = tabs.tabs[tabs.activeTabIndex];
  memory.set(TABS, JSON.stringify(tabs));
  if (front?.query) memory.set('graphiql:query', front.query);
  if (front?.variables) memory.set('graphiql:variables', front.variables);
}

function store(session: Storage, value: string) {
  const tabs = tabsFrom(value);
  if (tabs) session.setItem(STORED_TABS, JSON.stringify(tabsWithoutSecrets(tabs)));
}
