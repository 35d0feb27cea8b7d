// How the console is built: as ../vite.page.ts says, under /console/.
import { defineConfig } from 'vite';
import { embedded } from '../vite.page.ts';

const server = process.env.GUIYI_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/console/',
  build: {
    ...embedded,
    rolldownOptions: {
      ...embedded.rolldownOptions,
      output: {
        // The libraries change more rarely than the console, and the graph is loaded with its tab only.
        codeSplitting: {
          groups: [{ name: 'react', test: /node_modules\/(react|react-dom|scheduler|react-router)\// }],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    port: 8003,
    // The operator's cookie is that of the page's origin: the sign-in passes through here, too.
    proxy: { '/graphql': server, '/console/login': server, '/console/callback': server },
  },
});
