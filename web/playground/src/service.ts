// The client of the service, used by GraphiQL and the bar: adds the access token and finds sessions in answers.
import type { Language } from './words';
import { doubtsSession, endsSession, sessionIn, type Sessions } from './session';

export interface Request {
  query: string;
  variables?: unknown;
  operationName?: string | undefined;
}

export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string }[];
}

export class Service {
  constructor(
    private readonly endpoint: string,
    private readonly sessions: Sessions,
    private readonly language: () => Language,
  ) {}

  /** Runs one operation. The person's own headers take precedence, also over the page's token. */
  readonly run = async (request: Request, ownHeaders: Record<string, string> = {}): Promise<Answer> => {
    const headers = requestHeaders(ownHeaders, this.sessions.current()?.accessToken, this.language());
    const sent = headers.get('authorization');
    const response = await fetch(this.endpoint, { method: 'POST', headers, body: JSON.stringify(request) });
    const answer = await readAnswer(response);
    this.#notice(response.status, answer, sent);
    return answer;
  };

  /** Fetches the session's person, and deletes a session that the service does not know. */
  readonly recognise = async (): Promise<void> => {
    const token = this.sessions.current()?.accessToken;
    if (!token) return;
    const headers = requestHeaders({}, token, this.language());
    const body = JSON.stringify({ query: '{ me { id nickname } }' });
    const response = await fetch(this.endpoint, { method: 'POST', headers, body });
    const answer = await readAnswer(response);
    const me = answer.data?.['me'] as { id: string; nickname: string | null } | null | undefined;
    if (me) this.sessions.name(token, me.nickname || me.id);
    else if (me === null || doubtsSession(response.status, answer)) this.sessions.end(token);
  };

  #notice(status: number, answer: Answer, sent: string | null) {
    const session = sessionIn(answer);
    if (session) this.sessions.begin(session);
    if (endsSession(answer)) this.sessions.end(sent?.replace(/^Bearer /i, ''));
    // A new session's name is fetched once; a possibly invalid token is verified by the same request.
    if (session || doubtsSession(status, answer)) void this.recognise().catch(() => undefined);
  }
}

/** The headers of a request. Exported for its test. */
export function requestHeaders(
  own: Record<string, string>,
  token: string | undefined,
  language: Language,
): Headers {
  const headers = new Headers({
    'Content-Type': 'application/json',
    Accept: 'application/graphql-response+json, application/json',
    'Accept-Language': language === 'zh' ? 'zh-CN' : 'en',
  });
  for (const [name, value] of Object.entries(own)) headers.set(name, String(value));
  if (token && !headers.has('authorization')) headers.set('Authorization', `Bearer ${token}`);
  return headers;
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw new Error(`the service answered ${response.status} without JSON: ${text.slice(0, 200)}`);
  }
}
