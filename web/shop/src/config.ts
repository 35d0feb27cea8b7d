// The server's config for the pages: where the API is, and the sandbox.

export interface Config {
  /** The address of the API, on another origin. */
  readonly endpoint: string;
  /** The origin of the sandbox, without a trailing slash. */
  readonly sandbox: string;
}

/** Parses `config.json`. A field that is missing is a mistake of the server's, and is named. */
export function configFrom(answer: unknown): Config {
  const { endpoint, sandbox } = Object(answer) as Record<string, unknown>;
  if (typeof endpoint !== 'string') throw new Error('config.json has no endpoint');
  if (typeof sandbox !== 'string') throw new Error('config.json has no sandbox');
  return { endpoint, sandbox: sandbox.replace(/\/+$/, '') };
}

export async function loadConfig(): Promise<Config> {
  const response = await fetch('/config.json');
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return configFrom(await response.json());
}
