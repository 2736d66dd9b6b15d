import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The packages that are bundled have maps to sources they do not ship.
  logLevel: 'error',
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000, pool: 'threads', maxWorkers: '100%', server: { deps: { inline: [/@actions[\\/]/] } } },
});
