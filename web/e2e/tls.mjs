// Puts TLS in front of a service for a browser test: node tls.mjs PORT TARGET KEY CERTIFICATE. Browsers treat https apart in what a test
// may be about; WebKit keeps no `Secure` cookie without it, not even of this machine.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

const [port, target, key, certificate] = process.argv.slice(2);
const [host, behind] = target.split(':');

createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (near) => {
  const far = connect(Number(behind), host);
  for (const [one, other] of [
    [near, far],
    [far, near],
  ]) {
    one.pipe(other);
    one.on('error', () => other.destroy());
  }
}).listen(Number(port), '127.0.0.1');
