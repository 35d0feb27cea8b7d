// How the page is built: one folder of hashed files under /playground/, nothing inline, nothing from elsewhere.
import { defineConfig } from 'vitest/config';

const server = process.env.GUIYI_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/playground/',
  build: {
    target: 'es2022',
    // GraphiQL alone is one chunk of about a megabyte; splitting it would only add round trips.
    chunkSizeWarningLimit: 1500,
    // The polyfill would be the only reason for a script that old browsers need; es2022 excludes them anyway.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      // Libraries say 'use client' for servers that render React; there is none here.
      onLog(level, log, report) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
    license: { fileName: 'assets/licenses.md' },
  },
  server: {
    proxy: { '/graphql': server, '/playground/config.json': server },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
