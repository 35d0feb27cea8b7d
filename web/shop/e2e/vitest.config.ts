// The shop's story in WebKit or Firefox, which ENGINE names, against the running demo that GUIYI_SHOP names.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['e2e/*.engines.ts'], environment: 'node', testTimeout: 90_000, hookTimeout: 60_000 },
});
