// Which operation of a document to run.
import { Kind, parse } from 'graphql';

/**
 * Keeps the operation name only if the document has such an operation.
 *
 * GraphiQL learns a tenth of a second late that another tab came to the front, and until then names an operation of
 * the tab before. Without a name the service runs the only operation, or says that it has to choose.
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
    // The service explains a syntax error better than we can.
    return [];
  }
}
