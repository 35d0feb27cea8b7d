// Builds a package: ESM and CommonJS by Vite, declarations by TypeScript. Run it in the package's folder.
import { execFileSync } from 'node:child_process';
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const folder = process.cwd();
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const { entries, output = 'dist', isBundled = false, banner = '' } = manifest.guiyi;
const outside = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
const isOutside = (id) => !isBundled && outside.some((name) => id === name || id.startsWith(`${name}/`));

await cp(new URL('../../LICENSE', import.meta.url), 'LICENSE');
await rm(output, { recursive: true, force: true });
await build({
  configFile: false,
  logLevel: 'warn',
  root: folder,
  build: {
    target: 'es2020',
    outDir: output,
    minify: false,
    sourcemap: !isBundled,
    lib: {
      entry: Object.fromEntries(entries.map((name) => [name, resolve('src', `${name}.ts`)])),
      formats: isBundled ? ['cjs'] : ['es', 'cjs'],
      fileName: (format, name) => (format === 'es' || isBundled ? `${name}.js` : `${name}.cjs`),
    },
    rolldownOptions: { external: isOutside, output: { banner } },
  },
});
const tsc = resolve(import.meta.dirname, '../node_modules/typescript/bin/tsc');
const declarations = [
  '--noEmit',
  'false',
  '--declaration',
  '--emitDeclarationOnly',
  '--outDir',
  output,
  '--rootDir',
  'src',
];
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json', ...declarations], { stdio: 'inherit' });

// A mini program installs no other package: the declarations of the client come along.
if (isBundled) {
  const client = resolve(import.meta.dirname, '../packages/client/dist');
  const names = [
    'core',
    'documents',
    'errors',
    'generated',
    'operations',
    'picture',
    'session',
    'state',
    'storage',
    'transport',
  ];
  for (const name of names) await cp(join(client, `${name}.d.ts`), join(output, 'client', `${name}.d.ts`));
  for (const name of (await readdir(output)).filter((name) => name.endsWith('.d.ts'))) {
    const text = await readFile(join(output, name), 'utf8');
    await writeFile(join(output, name), text.replaceAll('@guiyi/client/', './client/'));
  }
}

// CommonJS has declarations of its own, which name each other by their own ending.
if (!isBundled) {
  for (const name of (await readdir(output)).filter((name) => name.endsWith('.d.ts'))) {
    const text = await readFile(join(output, name), 'utf8');
    const common = text.replace(/((?:from|import\()\s*'\.\/[^']*)\.js'/g, "$1.cjs'");
    await writeFile(join(output, name.replace(/\.d\.ts$/, '.d.cts')), common);
  }
}
