// The tests that need no browser. `npm run test:browser` runs the others.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/test/*.test.ts',
      'playground/src/**/*.test.ts',
      'shop/src/**/*.test.ts',
      'console/src/**/*.test.ts',
    ],
    environment: 'node',
    testTimeout: 30_000,
  },
});
