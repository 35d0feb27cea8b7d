// How a page is built that the server embeds: one folder of hashed files, nothing inline, nothing from elsewhere.
import type { BuildOptions } from 'vite';

export const embedded: BuildOptions = {
  emptyOutDir: true,
  target: 'es2022',
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
};
