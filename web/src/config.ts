// What the server tells the page: where GraphQL is, and whether there is a sandbox.

export interface Config {
  endpoint: string;
  /** The origin of the sandbox, without a slash at the end; `null` in production. */
  sandbox: string | null;
}

/** Reads the answer of `config.json`; what is missing or of another type becomes the default. */
export function configFrom(answer: unknown): Config {
  const { endpoint, sandbox } = (answer ?? {}) as Record<string, unknown>;
  return {
    endpoint: typeof endpoint === 'string' ? endpoint : '/graphql',
    sandbox: typeof sandbox === 'string' && sandbox !== '' ? sandbox.replace(/\/+$/, '') : null,
  };
}

/** Asks the server. The page is useful without an answer, so a failure gives the defaults. */
export async function loadConfig(): Promise<Config> {
  try {
    const response = await fetch(`${import.meta.env.BASE_URL}config.json`);
    return configFrom(response.ok ? await response.json() : null);
  } catch {
    return configFrom(null);
  }
}
