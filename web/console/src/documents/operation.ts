import type { Operation } from '../api';

/** Marks an operation for the generator, and gives it the types that it made. */
export function operation<Data, Variables>(text: string): Operation<Data, Variables> {
  return { text };
}
