// Selects the operation of a document to run.
import { Kind, parse } from 'graphql';

/**
 * Keeps the operation name only if the document has such an operation.
 *
 * GraphiQL notices a change of the active tab 100 ms late, and until then names an operation of the previous tab.
 * Without a name the service runs the only operation, or answers that one must be selected.
 */
export function operationNameIn(document: string, name: string | null | undefined): string | undefined {
  return name && operationsOf(document).includes(name) ? name : undefined;
}

function operationsOf(document: string): (string | undefined)[] {
  try {
    const { definitions } = parse(document, { noLocation: true });
    return definitions.map((part) =>
      part.kind === Kind.OPERATION_DEFINITION ? part.name?.value : undefined,
    );
  } catch {
    // The service explains a syntax error better.
    return [];
  }
}
