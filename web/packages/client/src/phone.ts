/**
 * Signing in by a phone and an SMS code, where no WeChat is at hand.
 *
 * @packageDocumentation
 */

import { challengeOf, newVerifier } from './challenge.js';
import type { Guiyi } from './client.js';
import { LOGOUT } from './documents.js';
import type { GuiyiError } from './errors.js';
import type { LoginByPhoneMutation, PhoneClaim, SendLoginCodeMutation } from './generated.js';
import { LOGIN_BY_PHONE, SEND_LOGIN_CODE } from './operations.js';
import type { SafeStore } from './storage.js';

export type { PhoneClaim } from './generated.js';

/** The settings of a code. */
export interface LoginCodeOptions {
  /** The app that the person signs in through. By default `apps.browser`, else the first one. */
  readonly app?: string;
  /** The captcha service's token, after `HUMAN_CHECK_REQUIRED`. */
  readonly humanToken?: string;
}

/** What a login by a phone returned beside the tokens. */
export type PhoneLoginResult = Pick<LoginByPhoneMutation['loginByPhone'], 'isNewUser' | 'user'>;

/** The same code may be sent again: the service repeats its answer. */
const REPEATABLE: readonly string[] = ['NETWORK', 'TIMEOUT'];
const RETRY_PAUSE = 1_000;

/**
 * Sends a code to sign in with. Only this tab can use it, and only the newest one; it may be loaded again meanwhile. Rejects as
 * `sendLoginCode` of the service does: `HUMAN_CHECK_REQUIRED`, `TOO_MANY_CODES`, `INVALID_PHONE`, `PHONE_LOGIN_OFF`.
 */
export async function sendLoginCode(
  client: Guiyi,
  phone: string,
  { app, humanToken }: LoginCodeOptions = {},
): Promise<SendLoginCodeMutation['sendLoginCode']> {
  await client.start();
  const [store, key] = verifierOf(client);
  const verifier = store.get(key) ?? newVerifier();
  store.set(key, verifier);
  const { apps } = client.options;
  const { device, deviceKey } = client.signIn;
  const variables = {
    phone,
    app: app ?? apps.browser ?? Object.values(apps)[0] ?? null,
    codeChallenge: await challengeOf(verifier),
    humanToken: humanToken ?? null,
    deviceToken: device.get(deviceKey),
  };
  return (await client.transport.send(SEND_LOGIN_CODE, variables)).sendLoginCode;
}

/**
 * Signs in with the code of {@link sendLoginCode}. The state of the client changes as after any other login. After
 * `PHONE_PROOF_TOO_OLD` ask the person whose number it was, and call this again with the same code and their answer. Rejects with
 * `TRANSACTION_MISSING` if this tab has requested no code.
 */
export async function loginByPhone(
  client: Guiyi,
  phone: string,
  code: string,
  claim: PhoneClaim | null = null,
): Promise<PhoneLoginResult> {
  await client.start();
  const { transport, session, signIn } = client;
  const [store, key] = verifierOf(client);
  const codeVerifier = store.get(key);
  if (codeVerifier === null) throw transport.error('TRANSACTION_MISSING');
  const deviceToken = signIn.device.get(signIn.deviceKey);
  const { endings } = session;
  const at = Date.now();
  const send = () => transport.send(LOGIN_BY_PHONE, { phone, code, codeVerifier, claim, deviceToken });
  const { loginByPhone: login } = await send().catch(async (error: GuiyiError) => {
    if (!REPEATABLE.includes(error.code)) throw error;
    await new Promise((done) => setTimeout(done, RETRY_PAUSE));
    return send();
  });
  const { accessToken, refreshToken, expiresAt, isNewUser, user } = login;
  signIn.device.set(signIn.deviceKey, login.deviceToken);
  store.set(key, null);
  if (endings !== session.endings) {
    // The person signed out while the answer was on its way: ends the session that it brought.
    await transport.send(LOGOUT, {}, accessToken).catch(() => undefined);
    throw transport.error('CANCELLED');
  }
  client.logins.finish('phone');
  session.accept({ accessToken, refreshToken, expiresAt }, user, at);
  return { isNewUser, user };
}

/** Where the verifier is, for as long as the tab: a code may be sent again, and the page be loaded again. */
const verifierOf = ({ logins }: Guiyi): [SafeStore, string] => [logins.session, `${logins.key}.phone`];
