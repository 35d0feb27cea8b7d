// The operations of the console. `npm run codegen` makes their types from schema.graphql.

export * from './cases';
export * from './people';
export * from './team';
