import { isIP } from 'node:net';

/** Only this machine can read them, on the port that Prometheus exporters of OpenTelemetry use. */
export const defaultMetricsAddress = '127.0.0.1:9464';

/**
 * The address for metrics (IRONSTEP_METRICS_ADDRESS, --metrics) is none. Correct it.
 *
 * @where command line, worker
 * @changed Nothing was started.
 * @remedy Name an address of this machine with a port, or only a port.
 * @example
 * "here" is no address for metrics. Write IP:PORT, such as 127.0.0.1:9464, or only the port, \
 * which then is open to this machine alone.
 */
export class MetricsAddressInvalid extends Error {
  override name = 'MetricsAddressInvalid';

  constructor(text: string) {
    super(
      `"${text}" is no address for metrics. Write IP:PORT, such as ${defaultMetricsAddress}, or ` +
        'only the port, which then is open to this machine alone.',
    );
  }
}

/**
 * `PORT` or `IP:PORT` as `IP:PORT`, on loopback unless another address is named. Throws
 * MetricsAddressInvalid.
 */
export function metricsAddress(text: string): string {
  const [, host = '', port = ''] = /^(?:(.*):)?(\d{1,5})$/.exec(text) ?? [];
  const ip = host === '' || host === 'localhost' ? '127.0.0.1' : host.replace(/^\[(.*)\]$/, '$1');
  const isBare = ip === host && isIP(ip) === 6;
  if (isIP(ip) === 0 || isBare || Number(port) < 1 || Number(port) > 65_535) {
    throw new MetricsAddressInvalid(text);
  }
  return `${isIP(ip) === 6 ? `[${ip}]` : ip}:${port}`;
}

/**
 * Where the metrics of a worker are wanted, by its option or by IRONSTEP_METRICS_ADDRESS; undefined
 * means nowhere: a port that nobody asked for is open to everybody on the machine, and two workers
 * would want the same. Throws MetricsAddressInvalid.
 */
export function wantedMetricsAddress(option: string | undefined): string | undefined {
  const text = option ?? process.env['IRONSTEP_METRICS_ADDRESS'] ?? '';
  return text === '' ? undefined : metricsAddress(text);
}

/** The page that Prometheus reads. */
export function metricsUrl(address: string): string {
  return `http://${address}/metrics`;
}
