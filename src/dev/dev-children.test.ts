import { expect, it } from 'vitest';

import { devChildPlans } from './dev-children.ts';

const ports = { port: 7233, uiPort: 8233, codecPort: 8234 };
const status = {
  address: '127.0.0.1:7233',
  namespace: 'default',
  uiUrl: 'http://127.0.0.1:8233',
  codecUrl: 'http://127.0.0.1:8234',
  ready: false,
  pids: { dev: 1 },
};

it.each([
  [{}, []],
  [{ metrics: '127.0.0.1:9464' }, ['--metrics', '127.0.0.1:9464']],
  [{ configFolder: '/etc/ironstep' }, ['--config', '/etc/ironstep']],
])('the worker of dev gets what dev was asked for: %j', (options, expected) => {
  const [, ...args] = devChildPlans('temporal', ports, status, options).worker.command;
  expect(args.slice(args.indexOf('worker') + 1)).toEqual(expected);
});
