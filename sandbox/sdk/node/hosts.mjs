// The hosts file of these tests, loaded before everything else: WeChat's names and port 443 lead to the sandbox.
// Trust is not its matter: NODE_EXTRA_CA_CERTS says whose certificates are good. The SDKs know of neither.
import { readFileSync } from 'node:fs';
import net from 'node:net';

const SANDBOX = new URL(process.env.SANDBOX_TLS_URL);

/** The names in the hosts file. */
export const WECHAT = readFileSync(new URL('../hosts', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => line.split(/\s+/)[1]);

const connect = net.Socket.prototype.connect;

// Below TLS and HTTP, so that every client takes this way: node:https, axios, fetch.
net.Socket.prototype.connect = function (...args) {
  // Node's own callers bring their arguments in an array that they have marked: it is changed, not replaced.
  const asked = Array.isArray(args[0]) ? args[0] : args;
  const [to] = asked;
  if (typeof to?.host === 'string' && !net.isIP(to.host)) asked[0] = { ...to, ...wayTo(to) };
  return connect.apply(this, args);
};

function wayTo({ host, port }) {
  if (WECHAT.includes(host) && Number(port) === 443) return { host: SANDBOX.hostname, port: SANDBOX.port };
  return host === 'localhost' ? {} : { lookup: isUnknown };
}

// A test that leaves this machine is a mistake, and shall fail as one.
function isUnknown(host, _options, answer) {
  answer(Object.assign(new Error(`${host} is not in the hosts file of these tests`), { code: 'ENOTFOUND' }));
}
