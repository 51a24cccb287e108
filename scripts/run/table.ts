// What runs where, for the person who started it.
import path from 'node:path';
import type { InstanceView } from '../../control-plane/src/http/views.ts';
import type { Addresses } from './addresses.ts';
import type { FirstAdmin } from './first-admin.ts';
import type { Supervised } from './service.ts';

export type InstanceRow = Pick<InstanceView, 'name' | 'state' | 'address'>;

export function table(
  running: readonly Supervised[],
  instances: readonly InstanceRow[],
  { web, metrics }: Pick<Addresses, 'web' | 'metrics'>,
  data: string,
  admin: FirstAdmin | undefined,
): string {
  const rows = [
    ['what', 'pid', 'address', 'log'],
    ...running.map(({ service, pid }) => [
      service.name,
      String(pid() ?? ''),
      service.address,
      shown(service.logFile),
    ]),
    ...instances.map((row) => [`Instance ${row.name}`, '', `udp ${row.address}`, row.state]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map(
    (row) =>
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
  );
  return [
    '',
    'Otherworld is running.',
    '',
    ...lines,
    '',
    `  Console  ${web.url}`,
    `  API      ${web.url}/api/docs`,
    `  Metrics  ${metrics.url}/metrics`,
    ...(admin === undefined ? [] : signInLines(admin)),
    `  Data     ${shown(data)}`,
    '',
    'Ctrl-C to stop.',
    '',
  ].join('\n');
}

const signInLines = ({ email, password }: FirstAdmin): string[] => [
  `  Sign in  ${email}`,
  `           ${password}  (good for one sign-in, which asks for another; not shown again)`,
];

/** A path as it is shortest from where the person is. */
function shown(file: string): string {
  const relative = path.relative(process.env.INIT_CWD ?? process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}
