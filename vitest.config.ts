import { defineConfig } from 'vitest/config';

/** One project per tier of tests (DESIGN, "Tests"); a tier that needs QEMU or root is its own. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'lab/**/*.test.ts',
            'test/unit/**/*.test.ts',
            'test/jobs/**/*.test.ts',
            'test/chaos/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'disk',
          include: ['test/disk/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'workflow',
          include: ['test/{workflow,replay}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 2_400_000,
          // Two machines at once keep two cores busy: one alone waits half of its time.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'chaos',
          include: ['test/chaos/sample/*.test.ts'],
          testTimeout: 1_200_000,
        },
      },
      {
        test: {
          name: 'rescue',
          include: ['test/rescue/sample/*.test.ts'],
          testTimeout: 600_000,
        },
      },
    ],
  },
});
