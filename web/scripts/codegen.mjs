// Generates the types of the client and of the console from schema.graphql, with GraphQL Code Generator. `--check` only compares.
import { readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';
import { format } from 'prettier';

const root = new URL('../', import.meta.url);
export const TARGET = new URL('packages/client/src/generated.ts', root);
/** The files of types, and the sources whose operations they are of. */
export const TARGETS = [
  {
    target: TARGET,
    sources: ['documents', 'operations', 'qr-documents'].map((name) => `packages/client/src/${name}.ts`),
  },
  {
    target: new URL('console/src/generated.ts', root),
    sources: ['people', 'cases', 'team'].map((name) => `console/src/documents/${name}.ts`),
    // No other program reads these types.
    onlyOperationTypes: true,
  },
];
const HEADER = '// Generated from schema.graphql by `npm run codegen`. Do not edit.\n\n';

/** Returns the text that a file of generated types should have. */
export async function generatedTypes({ target, sources, onlyOperationTypes = false } = TARGETS[0]) {
  const schema = parse(await readFile(new URL('../schema.graphql', root), 'utf8'));
  const texts = (await Promise.all(sources.map((file) => readFile(new URL(file, root), 'utf8')))).flatMap(
    (source) => [...source.matchAll(/\/\* GraphQL \*\/ `(.*?)`/gs)].map(([, text]) => text),
  );
  const config = {
    enumsAsTypes: true,
    useTypeImports: true,
    skipTypename: true,
    scalars: { DateTime: 'string', JSON: 'unknown', ID: 'string', Quantity: 'string | number' },
    avoidOptionals: { field: true },
    immutableTypes: true,
    onlyOperationTypes,
  };
  const text = await codegen({
    schema,
    documents: texts.map((text, at) => ({ location: `operation ${at}`, document: parse(text) })),
    filename: target.pathname,
    config,
    plugins: [{ typescript: {} }, { operations: {} }],
    pluginMap: { typescript, operations },
  });
  const options = JSON.parse(await readFile(new URL('.prettierrc.json', root), 'utf8'));
  return format(HEADER + text, { ...options, parser: 'typescript' });
}

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const made of TARGETS) {
    const wanted = await generatedTypes(made);
    if (!process.argv.includes('--check')) await writeFile(made.target, wanted);
    else if (wanted !== (await readFile(made.target, 'utf8'))) {
      console.error(`${made.target.pathname} is stale: run \`npm run codegen\``);
      process.exitCode = 1;
    }
  }
}
