// Tests that the prepared tabs and the documentation are valid against the published schema. The browser tests check
// their behaviour.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { buildSchema, isEnumType, Kind, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

const folder = new URL('./documents/', import.meta.url);
const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));
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

const root = new URL('../../../', import.meta.url);
const page = (name: string) => readFileSync(new URL(name, root), 'utf8');
const pages = ['README.md', 'README.zh-CN.md', ...markdown('docs/'), ...markdown('docs/adr/')];
const packages = ['client', 'react', 'vue', 'miniprogram'].map((name) => `web/packages/${name}/README.md`);
const otherPages = [
  'CONTRIBUTING.md',
  'providers/README.md',
  'web/README.md',
  'web/playground/README.md',
  ...packages,
];

function markdown(directory: string): string[] {
  const names = readdirSync(new URL(directory, root)).filter((name) => name.endsWith('.md'));
  return names.map((name) => directory + name);
}

/** Returns the GraphQL of a page: its blocks, and the strings that a comment marks in JavaScript, Swift, Kotlin and Dart code. */
function documents(text: string): string[] {
  const blocks = text.split('```graphql\n').slice(1);
  const strings = text.matchAll(/\/\* GraphQL \*\/ (?:\$\$|r)?(`|""")(.*?)\1/gs);
  return [
    ...blocks.map((rest) => rest.split('```')[0] ?? ''),
    ...[...strings].map(([, , text = '']) => text),
  ];
}

/** Returns the errors in a page's GraphQL. A document may have several operations, each a request of its own. */
function mistakes(text: string): string[] {
  const blocks = documents(text).map((document) => parse(document));
  const fragments = (block: (typeof blocks)[number]) =>
    block.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const requests = blocks.flatMap((block) =>
    block.definitions
      .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
      .map((operation) => ({ ...block, definitions: [operation, ...fragments(block)] })),
  );
  return requests.flatMap((request) => validate(schema, request).map(String));
}

/** Returns the anchors of a page's headings, as GitHub generates them. */
function anchors(text: string): string[] {
  const headings = text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\-_ ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Returns the links of a page to a missing file or heading. */
function brokenLinks(name: string): string[] {
  const links = [
    ...page(name)
      .replace(/^```.*?^```/gms, '')
      .matchAll(/\]\((?![a-z]+:)([^)#]*)#?([^)]*)\)/g),
  ];
  const isBroken = ([, path = '', anchor = '']: RegExpMatchArray) => {
    const file = path === '' ? new URL(name, root) : new URL(path, new URL(name, root));
    return !existsSync(file) || (anchor !== '' && !anchors(readFileSync(file, 'utf8')).includes(anchor));
  };
  return links.filter(isBroken).map(([link]) => link);
}

describe('the documentation', () => {
  it.each([...pages, ...otherPages])('%s has no broken link', (name) => {
    expect(brokenLinks(name)).toEqual([]);
  });

  it.each(pages)('%s has GraphQL that fits the published schema', (name) => {
    expect(mistakes(page(name))).toEqual([]);
  });

  it('marks the GraphQL of every snippet', () => {
    const text = page('docs/clients.md');

    expect(documents(text)).toHaveLength(text.match(/\b(query|mutation) [A-Z]/g)?.length ?? 0);
  });

  it('says of every error code what a client does, once', () => {
    const [, table = ''] = page('docs/integrators.md').split('| class |');
    const rows = table.split('\n\n')[0] ?? '';
    const codes = schema.getType('ErrorCode');
    const times = isEnumType(codes)
      ? codes.getValues().map(({ name }) => [name, rows.split(`\`${name}\``).length - 1])
      : [];

    // INTERNAL is retried, and reported if it persists.
    expect(times.filter(([name, count]) => count !== (name === 'INTERNAL' ? 2 : 1))).toEqual([]);
    expect(times.length).toBeGreaterThan(50);
  });
});
