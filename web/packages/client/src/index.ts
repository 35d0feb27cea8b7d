/**
 * The client of Guiyi for pages: signs people in through WeChat, and keeps them signed in.
 *
 * @packageDocumentation
 */

export { createGuiyi, Guiyi, type GuiyiOptions } from './client.js';
export { GuiyiError, type ClientErrorCode, type ErrorDetails } from './errors.js';
export { surroundingsOf, type Apps, type Environment, type Surroundings } from './environment.js';
export type { Hint, SessionEvent, SessionState, SessionStatus, SessionUser } from './state.js';
export type { KeyValueStore } from './storage.js';
export type { LoginResult } from './sign-in.js';
export type { OperationText } from './documents.js';
export type { ErrorCode } from './generated.js';
/** The types of the whole schema. */
export type * as Schema from './generated.js';
