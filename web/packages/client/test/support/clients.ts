// A page with Apollo Client and urql, for the tests in a browser.

import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { guiyiLink } from '../../dist/apollo.js';
import { guiyiExchange } from '../../dist/urql.js';

const client = window.client as unknown as import('../../dist/index.js').Guiyi;
const apollo = new ApolloClient({ link: guiyiLink(client), cache: new InMemoryCache() });
const urql = new Client({
  url: client.options.endpoint,
  preferGetMethod: false,
  exchanges: [guiyiExchange(client), fetchExchange],
});
interface Mine {
  me: { id: string } | null;
}

const first = await apollo.query<Mine>({ query: gql('query Apollo { me { id } }') });
const second = await urql.query<Mine>('query Urql { me { id } }', {}).toPromise();
Object.assign(window, { answers: [first.data?.me?.id, second.data?.me?.id ?? String(second.error)] });
