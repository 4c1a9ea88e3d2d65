/** A disk's size as its maker writes it, in powers of 1000: `2.0 TB`. */
export function formatMakersSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** A size as `df -h` writes it, rounded up: `97G`, `1.1T`. The how-to compares with that. */
export function formatDfSize(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T', 'P'];
  let value = bytes;
  let unit = 0;
  while (Math.ceil(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const tenths = Math.ceil(value * 10) / 10;
  const digits = unit > 0 && tenths < 10 ? tenths.toFixed(1) : String(Math.ceil(value));
  return `${digits}${units[unit]}`;
}

/** How long ago, as coarse as it is useful: `12s`, `2m`, `1h 12m`, `3d`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d`;
}

/** The local time of day, with the date when that is another day: `09:14`, `2026-11-20 09:14`. */
export function formatMoment(iso: string, nowMs: number): string {
  const moment = new Date(iso);
  const time = `${twoDigits(moment.getHours())}:${twoDigits(moment.getMinutes())}`;
  if (moment.toDateString() === new Date(nowMs).toDateString()) return time;
  const day = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  return `${day.map(twoDigits).join('-')} ${time}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
