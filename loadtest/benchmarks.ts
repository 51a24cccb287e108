// Rows of docs/benchmarks.csv: what a report found out, to be kept.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import type { Report } from './report.ts';
import { networkOf } from './summary.ts';

export const COLUMNS = [
  'date',
  'commit',
  'machine',
  'benchmark',
  'conditions',
  'metric',
  'value',
  'unit',
] as const;

type Metric = [name: string, value: number, unit: string];

export function rowsOf(report: Report): string[][] {
  const { date, commit, machine, conditions } = report;
  const { bots, seconds, crowd } = conditions;
  const where = `${bots} bots; ${crowd}; ${seconds} s; ${networkOf(report).replaceAll(',', ';')}`;
  return metricsOf(report)
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value, unit]) => [date, commit, machine, 'crowd', where, name, rounded(value), unit]);
}

function metricsOf({ seatMs, joined, disconnects, server, client, cores, memoryMiB }: Report): Metric[] {
  const { downKbps, upKbps, near, far, oldestStateMs, viewDelayMs, corrections } = client;
  const rings = Object.entries({ near, far }).flatMap(([name, { detail }]): Metric[] => [
    [`${name} updates p50`, detail.updateHz.p50, 'Hz'],
    [`${name} place error p50`, detail.positionErrorM.p50 * 1000, 'mm'],
    [`${name} place error p95`, detail.positionErrorM.p95 * 1000, 'mm'],
    [`${name} place error max`, detail.positionErrorM.max * 1000, 'mm'],
    [`${name} hand error p95`, detail.handErrorM.p95 * 1000, 'mm'],
    [`${name} age p50`, detail.ageMs.p50, 'ms'],
  ]);
  return [
    ['joined', joined, 'bots'],
    ['disconnects', disconnects, ''],
    ['seat p50', seatMs.p50, 'ms'],
    ['seat max', seatMs.max, 'ms'],
    ['tick p50', server.tickMs.p50, 'ms'],
    ['tick p99', server.tickMs.p99, 'ms'],
    ['tick p99.9', server.tickMs.p999, 'ms'],
    ['tick max', server.tickMs.max, 'ms'],
    ['ticks', server.ticks, ''],
    ['late ticks', server.lateTicks, ''],
    ['tick allocations', server.allocations, ''],
    ['down p50', downKbps.p50, 'kbit/s'],
    ['down max', downKbps.max, 'kbit/s'],
    ['up p50', upKbps.p50, 'kbit/s'],
    ['up max', upKbps.max, 'kbit/s'],
    ...rings,
    ['oldest state max', oldestStateMs.max, 'ms'],
    ['view delay p50', viewDelayMs.p50, 'ms'],
    ['static corrections', corrections.static.count, ''],
    ['static correction max', corrections.static.maxMm, 'mm'],
    ['dynamic corrections', corrections.dynamic.count, ''],
    ['corrections for missed inputs', corrections.missed.count, ''],
    ['missed inputs', client.missedInputs, ''],
    ...Object.entries(cores).map(([role, value]): Metric => [`CPU ${role}`, value, 'cores']),
    ...Object.entries(memoryMiB).map(([role, value]): Metric => [`memory ${role}`, value, 'MiB']),
  ];
}

/** Appends the rows; makes the file with its heading when it is not there. */
export function recordRows(file: string, report: Report): void {
  if (!existsSync(file)) writeFileSync(file, `${COLUMNS.join(',')}\n`);
  appendFileSync(
    file,
    rowsOf(report)
      .map((row) => `${row.map(quoted).join(',')}\n`)
      .join(''),
  );
}

const rounded = (value: number) => String(Number(value.toPrecision(4)));
const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
