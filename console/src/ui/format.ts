/** Figures as people read them; every function takes null for "not told yet" and shows a dash. */
const DASH = '–';

export function ms(value: number | null | undefined): string {
  return value == null ? DASH : `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`;
}

export function metres(value: number): string {
  const rounded = value.toFixed(2);
  return `${rounded === '-0.00' ? '0.00' : rounded} m`;
}

export function percent(cores: number | null): string {
  return cores === null ? DASH : `${(cores * 100).toFixed(cores < 0.1 ? 1 : 0)} %`;
}

export function mebibytes(bytes: number | null): string {
  return bytes === null ? DASH : `${Math.round(bytes / 2 ** 20)} MiB`;
}

export function age(startedAt: string | null, now: number): string {
  if (startedAt === null) return DASH;
  const seconds = Math.max(0, Math.floor((now - Date.parse(startedAt)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
