// Figures for people: short, of steady width, never more exact than they are.

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const count = (n) => grouped.format(n);

export function bytes(n) {
  if (n < 1000) return `${Math.round(n)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let unit = -1;
  do {
    n /= 1000;
    unit++;
  } while (n >= 999.5 && unit < units.length - 1);
  return `${n < 99.95 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

export function duration(ms) {
  if (ms < 0.05) return '0 ms';
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 119500) return `${Math.round(ms / 1000)} s`;
  if (ms < 7170000) return `${Math.round(ms / 60000)} min`;
  if (ms < 172800000) return `${Math.round(ms / 3600000)} h`;
  return `${Math.round(ms / 86400000)} d`;
}

export function age(ms) {
  return ms < 1000 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : duration(ms);
}

export function rate(perSecond) {
  if (perSecond === 0) return '0/s';
  return perSecond < 9.95 ? `${perSecond.toFixed(1)}/s` : `${count(perSecond)}/s`;
}

export function number(value) {
  if (!Number.isFinite(value)) return '';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(2);
  return String(Number(value.toPrecision(6)));
}

const two = (n) => String(n).padStart(2, '0');

export function clock(date) {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
