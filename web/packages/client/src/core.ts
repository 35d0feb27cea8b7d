/**
 * The parts that know neither the browser nor WeChat, for clients of other platforms. Its API may change with any
 * version.
 *
 * @packageDocumentation
 */

export { LOGOUT, ME, REFRESH_SESSION, SIGN_IN } from './documents.js';
export * from './errors.js';
export * from './picture.js';
export * from './session.js';
export type * from './state.js';
export * from './storage.js';
export * from './transport.js';
export * from './operations.js';
export type * as Schema from './generated.js';
