const sizeUnits: Record<string, number> = {
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};

const durationUnits: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `100GiB` → bytes. Throws an Error whose message says how a size is written. */
export function parseSizeBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim());
  const unit = sizeUnits[match?.[2]?.toLowerCase() ?? ''];
  const bytes = Math.floor(Number(match?.[1]) * (unit ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new Error(`"${text}" is not a size; write it like 100GiB, 1TiB or 500GB`);
  }
  return bytes;
}

/** `40m` → milliseconds. Throws an Error whose message says how a duration is written. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+)\s*([smhd])$/.exec(text.trim());
  const durationMs = Number(match?.[1]) * (durationUnits[match?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(durationMs) || durationMs <= 0) {
    throw new Error(`"${text}" is not a duration; write it like 90s, 40m or 2h`);
  }
  return durationMs;
}

/** A deadline in words: `40 minutes`, and `90 seconds` where minutes do not say it. */
export function formatDeadline(durationMs: number): string {
  const [amount, unit] =
    durationMs % 60_000 === 0
      ? [durationMs / 60_000, 'minute']
      : [Math.round(durationMs / 1_000), 'second'];
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

/** Bytes in powers of 1024, as short as it stays true: `100 GiB`, `1.8 TiB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}
