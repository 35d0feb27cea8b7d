// The text of a variables editor, changed without losing what the person typed there.
// Nothing here knows about tabs or React: see tabs.ts and useTabs.ts.

/** What to set; `null` removes the variable. */
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

/** Reads one variable; anything but a text counts as absent. */
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
