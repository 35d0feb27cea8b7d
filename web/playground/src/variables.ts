// Edits the text of a variables editor and keeps the person's other input.

/** The variables to set; `null` removes one. */
export type Changes = Readonly<Record<string, string | null>>;

/** Sets some variables in the text of a variables editor. A text that is not a JSON object is replaced. */
export function withVariables(text: string | null, changes: Changes): string {
  const variables = variablesIn(text) ?? {};
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete variables[name];
    else variables[name] = value;
  }
  return JSON.stringify(variables, null, 2);
}

/** Reads one variable; a value that is not a string counts as absent. */
export function variable(text: string | null, name: string): string | null {
  const value = variablesIn(text)?.[name];
  return typeof value === 'string' ? value : null;
}

function variablesIn(text: string | null): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
