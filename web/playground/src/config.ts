// The server's config for the page: the GraphQL endpoint, and the sandbox if there is one.

export interface Config {
  endpoint: string;
  /** The origin of the sandbox, without a trailing slash; `null` in production. */
  sandbox: string | null;
}

/** Parses `config.json`; missing fields and those of another type get the default. */
export function configFrom(answer: unknown): Config {
  const { endpoint, sandbox } = (answer ?? {}) as Record<string, unknown>;
  return {
    endpoint: typeof endpoint === 'string' ? endpoint : '/graphql',
    sandbox: typeof sandbox === 'string' && sandbox !== '' ? sandbox.replace(/\/+$/, '') : null,
  };
}

/** Fetches the config. The page works without it, so a failure returns the defaults. */
export async function loadConfig(): Promise<Config> {
  try {
    const response = await fetch(`${import.meta.env.BASE_URL}config.json`);
    return configFrom(response.ok ? await response.json() : null);
  } catch {
    return configFrom(null);
  }
}
