// How the shop is built: as ../vite.page.ts says, at the root of its origin.
import { defineConfig } from 'vite';
import { embedded } from '../vite.page.ts';

export default defineConfig({
  base: '/',
  // The server embeds the folder `dist`: api/src/http/shop.rs.
  build: embedded,
  // CommonJS, as mini programs need it; Vite converts linked packages only where it is told to.
  optimizeDeps: { include: ['@guiyi/miniprogram'] },
  // In the place of the demo's own shop, which listens on the other loopback address: see README.md.
  server: {
    host: '127.0.0.1',
    port: 8002,
    strictPort: true,
    proxy: { '/config.json': 'http://[::1]:8002' },
  },
});
