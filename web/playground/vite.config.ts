// How the page is built: as ../vite.page.ts says, under /playground/.
import { defineConfig } from 'vite';
import { embedded } from '../vite.page.ts';

const server = process.env.GUIYI_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/playground/',
  build: {
    ...embedded,
    // The server embeds this folder: api/src/http/playground.rs.
    outDir: '../dist',
    // GraphiQL alone is one chunk of about a megabyte; splitting it would only add round trips.
    chunkSizeWarningLimit: 1500,
  },
  server: {
    proxy: { '/graphql': server, '/playground/config.json': server },
  },
});
