// GraphiQL below the bar. It is assembled from its parts instead of using <GraphiQL>, for two reasons: the bar must be
// inside the provider, and the history plugin, which stores variables, must be excluded.
import { DOC_EXPLORER_PLUGIN, DocExplorerContextProvider } from '@graphiql/plugin-doc-explorer';
import type { ExecutionResult } from 'graphql';
import { GraphiQL, GraphiQLInterface, GraphiQLProvider } from 'graphiql';
import { useMemo, type ComponentProps } from 'react';
import { Bar } from './Bar';
import { currentLanguage } from './language';
import { missingIn } from './missing';
import { operationNameIn } from './operation';
import { say } from './words';

type Provider = ComponentProps<typeof GraphiQLProvider>;

interface PlaygroundProps extends ComponentProps<typeof Bar> {
  storage: NonNullable<Provider['storage']>;
}

export function Playground({ storage, ...bar }: PlaygroundProps) {
  const { service, sandbox } = bar;
  const hasSandbox = sandbox !== null;
  // GraphiQL fetches the schema again whenever its fetcher changes.
  const fetcher = useMemo<Provider['fetcher']>(
    () =>
      async ({ query, variables, operationName }, options) => {
        const request = { query, variables, operationName: operationNameIn(query, operationName) };
        const missing = missingIn(request, hasSandbox);
        // GraphiQL shows any object; its type admits answers of graphql-js only.
        const shown: object = missing
          ? { playground: say(currentLanguage(), missing) }
          : { ...(await service.run(request, options?.headers)) };
        return shown as ExecutionResult;
      },
    [service, hasSandbox],
  );
  return (
    <GraphiQLProvider
      fetcher={fetcher}
      storage={storage}
      plugins={PLUGINS}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      shouldPersistHeaders={false}
      defaultQuery=""
    >
      <DocExplorerContextProvider>
        <Bar {...bar} />
        <main>
          <GraphiQLInterface showPersistHeadersSettings={false} defaultEditorToolsVisibility="variables">
            <GraphiQL.Logo> </GraphiQL.Logo>
          </GraphiQLInterface>
        </main>
      </DocExplorerContextProvider>
    </GraphiQLProvider>
  );
}

const PLUGINS = [DOC_EXPLORER_PLUGIN];
