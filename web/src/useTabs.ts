// Lets the bar write into GraphiQL's tabs and run the one in front.
// GraphiQL can only change the tab in front or rearrange them all, so that is how everything is done here.
import { useEditorContext, useExecutionContext } from '@graphiql/react';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { flushSync } from 'react-dom';
import { indexOfTab, preparedTab, type Purpose } from './tabs';
import { variable, withVariables, type Changes } from './variables';

export interface TabActions {
  /** Sets variables in a prepared tab, wherever it is. Does nothing if the person closed it. */
  write(purpose: Purpose, changes: Changes): void;
  /** Sets variables in a prepared tab and brings it to the front. A closed tab comes back. */
  open(purpose: Purpose, changes: Changes): void;
  /** Reads a variable of a prepared tab. */
  read(purpose: Purpose, name: string): string | null;
  /** Runs the tab in front. */
  run(): void;
}

export interface TabsOfPage extends TabActions {
  /** False until GraphiQL has loaded its editors. */
  ready: boolean;
}

/** Must be called inside of `GraphiQLProvider`. Everything but `ready` stays the same for the life of the page. */
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

// The explanations in the documents are sentences; nobody should have to scroll sideways to read one.
function useWrappedLines({ queryEditor, variableEditor }: Graphiql['editors']) {
  useEffect(() => {
    queryEditor?.setOption('lineWrapping', true);
    variableEditor?.setOption('lineWrapping', true);
  }, [queryEditor, variableEditor]);
}

// What was typed in the last tenth of a second is in the editors and not yet in the tab.
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
    // The tab in front must stay the same object: GraphiQL looks for it in the new order.
    const tabs = editors.tabs.map((tab, index) => (index === at ? { ...tab, variables } : tab));
    flushSync(() => editors.moveTab(tabs));
  }
}

function addTab({ editors }: Graphiql, purpose: Purpose) {
  flushSync(() => editors.moveTab([...editors.tabs, preparedTab(purpose)]));
}
