// Generates the types of the client from schema.graphql, with GraphQL Code Generator. `--check` only compares.
import { readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';
import { format } from 'prettier';

const root = new URL('../', import.meta.url);
export const TARGET = new URL('packages/client/src/generated.ts', root);
const HEADER = '// Generated from schema.graphql by `npm run codegen`. Do not edit.\n\n';

/** Returns the text that the file of generated types should have. */
export async function generatedTypes() {
  const schema = parse(await readFile(new URL('../schema.graphql', root), 'utf8'));
  const sources = ['documents', 'operations', 'qr-documents'].map(
    (name) => new URL(`packages/client/src/${name}.ts`, root),
  );
  const source = (await Promise.all(sources.map((file) => readFile(file, 'utf8')))).join('\n');
  const texts = [...source.matchAll(/\/\* GraphQL \*\/ `(.*?)`/gs)].map(([, text]) => text);
  const config = {
    enumsAsTypes: true,
    useTypeImports: true,
    skipTypename: true,
    scalars: { DateTime: 'string', JSON: 'unknown', ID: 'string', Quantity: 'string | number' },
    avoidOptionals: { field: true },
    immutableTypes: true,
  };
  const text = await codegen({
    schema,
    documents: texts.map((text, at) => ({ location: `operation ${at}`, document: parse(text) })),
    filename: TARGET.pathname,
    config,
    plugins: [{ typescript: {} }, { operations: {} }],
    pluginMap: { typescript, operations },
  });
  const options = JSON.parse(await readFile(new URL('.prettierrc.json', root), 'utf8'));
  return format(HEADER + text, { ...options, parser: 'typescript' });
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const wanted = await generatedTypes();
  if (!process.argv.includes('--check')) await writeFile(TARGET, wanted);
  else if (wanted !== (await readFile(TARGET, 'utf8'))) {
    console.error('packages/client/src/generated.ts is stale: run `npm run codegen`');
    process.exitCode = 1;
  }
}
