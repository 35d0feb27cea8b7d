// The tests in another browser than Chromium, which ENGINE names: webkit, by Debian's webkit2gtk-driver and xvfb, or firefox, by
// Debian's firefox-esr. They use the built packages.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/engines/**/*.spec.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    expect: { poll: { timeout: 10_000 } },
  },
});
