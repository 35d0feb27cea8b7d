// Lets the bar edit GraphiQL's tabs and run the active one.
// GraphiQL can only change the active tab or rearrange all tabs, so all changes use one of these.
import { useEditorContext, useExecutionContext } from '@graphiql/react';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { flushSync } from 'react-dom';
import { indexOfTab, preparedTab, type Purpose } from './tabs';
import { variable, withVariables, type Changes } from './variables';

export interface TabActions {
  /** Sets variables in a prepared tab. Does nothing if the tab is closed. */
  write(purpose: Purpose, changes: Changes): void;
  /** Sets variables in a prepared tab and activates it. Reopens a closed tab. */
  open(purpose: Purpose, changes: Changes): void;
  /** Reads a variable of a prepared tab. */
  read(purpose: Purpose, name: string): string | null;
  /** Runs the active tab. */
  run(): void;
}

export interface TabsOfPage extends TabActions {
  /** False until GraphiQL has loaded its editors. */
  ready: boolean;
}

/** Must be called inside `GraphiQLProvider`. All fields except `ready` are stable for the lifetime of the page. */
export function useTabs(): TabsOfPage {
  const editors = useEditorContext({ nonNull: true });
  const execution = useExecutionContext({ nonNull: true });
  const latest = useRef({ editors, execution });
  useLayoutEffect(() => {
    latest.current = { editors, execution };
  });
  useWrappedLines(editors);
  const actions = useMemo(() => tabActions(() => latest.current), []);
  return { ...actions, ready: editors.queryEditor !== null && editors.variableEditor !== null };
}

interface Graphiql {
  editors: ReturnType<typeof useEditorContext> & object;
  execution: ReturnType<typeof useExecutionContext> & object;
}

function tabActions(graphiql: () => Graphiql): TabActions {
  return {
    write(purpose, changes) {
      settle(graphiql());
      const at = indexOfTab(graphiql().editors.tabs, purpose);
      if (at >= 0) setVariables(graphiql(), at, changes);
    },
    open(purpose, changes) {
      settle(graphiql());
      if (indexOfTab(graphiql().editors.tabs, purpose) < 0) addTab(graphiql(), purpose);
      const at = indexOfTab(graphiql().editors.tabs, purpose);
      flushSync(() => graphiql().editors.changeTab(at));
      setVariables(graphiql(), at, changes);
    },
    read(purpose, name) {
      settle(graphiql());
      const { tabs } = graphiql().editors;
      return variable(tabs[indexOfTab(tabs, purpose)]?.variables ?? null, name);
    },
    run() {
      graphiql().execution.run();
    },
  };
}

// Wraps lines, so that the explanations in the documents are readable without horizontal scrolling.
function useWrappedLines({ queryEditor, variableEditor }: Graphiql['editors']) {
  useEffect(() => {
    queryEditor?.setOption('lineWrapping', true);
    variableEditor?.setOption('lineWrapping', true);
  }, [queryEditor, variableEditor]);
}

// Text typed within the last 100 ms is in the editors but not yet in the tab.
function settle({ editors }: Graphiql) {
  const { queryEditor, variableEditor, headerEditor } = editors;
  flushSync(() =>
    editors.updateActiveTabValues({
      ...(queryEditor && { query: queryEditor.getValue() }),
      ...(variableEditor && { variables: variableEditor.getValue() }),
      ...(headerEditor && { headers: headerEditor.getValue() }),
    }),
  );
}

function setVariables({ editors }: Graphiql, at: number, changes: Changes) {
  const variables = withVariables(editors.tabs[at]?.variables ?? null, changes);
  if (at === editors.activeTabIndex) {
    editors.variableEditor?.setValue(variables);
    flushSync(() => editors.updateActiveTabValues({ variables }));
  } else {
    // The active tab must stay the same object: GraphiQL searches for it in the new order.
    const tabs = editors.tabs.map((tab, index) => (index === at ? { ...tab, variables } : tab));
    flushSync(() => editors.moveTab(tabs));
  }
}

function addTab({ editors }: Graphiql, purpose: Purpose) {
  flushSync(() => editors.moveTab([...editors.tabs, preparedTab(purpose)]));
}
