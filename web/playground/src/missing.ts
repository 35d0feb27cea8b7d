// What a document needs before it can be run: the service would only say that it is wrong.
import { Kind, parse, type OperationDefinitionNode } from 'graphql';
import type { Word } from './words';

/** The fields of the prepared tabs that need a value, the variable that has it, and what to do. */
const NEEDS: Record<string, { variable: string; word: Word; byHand?: Word }> = {
  wechatLogin: { variable: 'code', word: 'needsCode', byHand: 'needsCodeByHand' },
  bindPhone: { variable: 'code', word: 'needsSms', byHand: 'needsSmsByHand' },
  ordersByUnionId: { variable: 'unionId', word: 'needsLogin' },
};

/** One operation, as it is about to be run. */
export interface Run {
  query: string;
  operationName: string | undefined;
  variables: unknown;
}

/** Returns what the person has to do first, with a sandbox or without; null if the operation can be run. */
export function missingIn({ query, operationName, variables }: Run, hasSandbox: boolean): Word | null {
  const values = Object(variables) as Record<string, unknown>;
  const fields = operationIn(query, operationName)?.selectionSet.selections ?? [];
  for (const field of fields) {
    if (field.kind !== Kind.FIELD) continue;
    const need = NEEDS[field.name.value];
    if (need && values[need.variable] === '') return (!hasSandbox && need.byHand) || need.word;
  }
  return null;
}

/** Returns the operation to run; undefined if the document is not valid, which the service explains best. */
function operationIn(query: string, name: string | undefined): OperationDefinitionNode | undefined {
  try {
    const { definitions } = parse(query);
    const operations = definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    return operations.find((operation) => !name || operation.name?.value === name);
  } catch {
    return undefined;
  }
}
