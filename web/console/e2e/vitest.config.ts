// The desk in WebKit or Firefox, which ENGINE names, against the running demo that GUIYI_URL names.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['e2e/*.engines.ts'], environment: 'node', testTimeout: 120_000, hookTimeout: 60_000 },
});
