// Compares the schema that the running service describes with the published one, schema.graphql.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { openGuiyi } from './guiyi.mjs';

let guiyi;
before(async () => (guiyi = await openGuiyi()));
after(() => guiyi.close());

test('introspection describes the published schema', async () => {
  const query = getIntrospectionQuery({ specifiedByUrl: true, inputValueDeprecation: true });
  const answer = await fetch(guiyi.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined);

  const described = print(buildClientSchema(data));

  assert.equal(described, print(buildSchema(await published())));
  assert.match(described, /enum ErrorCode \{/);
});

const print = (schema) => printSchema(lexicographicSortSchema(schema));

const published = () => readFile(new URL('../../schema.graphql', import.meta.url), 'utf8');
