// The prepared tabs are valid against the schema that the service publishes.
// Whether they do what they say is seen in the browser tests.

import { readFileSync, readdirSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

const folder = new URL('./documents/', import.meta.url);
const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));

describe('the prepared tabs', () => {
  it('are five', () => {
    expect(files).toHaveLength(5);
  });

  it.each(files)('%s fits the published schema', (name) => {
    const document = parse(readFileSync(new URL(name, folder), 'utf8'));

    expect(validate(schema, document)).toEqual([]);
  });
});
