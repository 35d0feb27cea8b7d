// What the operator may do, as the service says it.
import { createContext, useContext } from 'react';
import type { OperatorQuery, ServiceScope } from './generated';

/** The signed-in operator. */
export type Operator = NonNullable<OperatorQuery['operator']>;

export const OperatorContext = createContext<Operator | null>(null);

/** Returns the operator of this page, which shows nothing without one. */
export function useOperator(): Operator {
  const operator = useContext(OperatorContext);
  if (!operator) throw new Error('there is no operator outside of the signed-in page');
  return operator;
}

/** Returns a function that says whether the operator has a scope. */
export function useMay(): (scope: ServiceScope) => boolean {
  const { scopes } = useOperator();
  return (scope) => scopes.includes(scope);
}
