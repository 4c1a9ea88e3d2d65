import { expect, it } from 'vitest';

import { metricsAddress } from './metrics-address.ts';

it.each([
  ['9464', '127.0.0.1:9464'],
  ['localhost:9464', '127.0.0.1:9464'],
  ['0.0.0.0:9464', '0.0.0.0:9464'],
  ['[::1]:9464', '[::1]:9464'],
])('%s is %s', (text, address) => {
  expect(metricsAddress(text)).toBe(address);
});

it.each(['', 'on', 'true', 'worker.example:9464', '::1:9464', '127.0.0.1', '127.0.0.1:0', '99999'])(
  '"%s" is refused with an example',
  (text) => {
    expect(() => metricsAddress(text)).toThrow(/no address for metrics.*127\.0\.0\.1:9464/);
  },
);
