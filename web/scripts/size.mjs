// Measures the client as an app's bundler ships it: minified, compressed, and with everything that it depends on.
// The hash for pages without `crypto.subtle` is a file of its own, which no other page loads.
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const LIMIT = 8_000;
const bundle = await rolldown({
  input: new URL('../packages/client/dist/index.js', import.meta.url).pathname,
  platform: 'browser',
});
const { output } = await bundle.generate({ format: 'esm', minify: true });
const sizeOf = ({ code }) => gzipSync(code, { level: 9 }).length;
const [size, ...late] = output.filter(({ type }) => type === 'chunk').map(sizeOf);
console.log(
  `@guiyi/client: ${size} bytes compressed, of ${LIMIT} allowed; on pages over plain http ${late} more`,
);
if (size > LIMIT || late.length !== 1) process.exitCode = 1;
