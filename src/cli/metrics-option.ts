import { Option } from 'commander';

import { defaultMetricsAddress } from '../dev/metrics-address.ts';

/** `--metrics [address]` of the commands that run a worker; the worker checks the address. */
export function metricsOption(): Option {
  const what = 'show metrics to Prometheus: a port of this machine, or IP:PORT';
  return new Option('--metrics [address]', what).preset(defaultMetricsAddress);
}
