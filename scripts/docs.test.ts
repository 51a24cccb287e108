// The reference pages name exactly what the code reads.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from './bootstrap/options.mjs';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('cli.md lists exactly the options of npm start, npm test, npm run fuzz and npm run crowd', () => {
  const page = read('docs/reference/cli.md');
  const rows = page.split('\n').filter((line) => line.startsWith('| `--'));
  const cells = rows.map((row) => row.split(' | ')[0] ?? '');
  const listed = new Set(cells.flatMap((cell) => [...cell.matchAll(/--([a-z-]+)/g)].map(([, name]) => name)));
  expect(listed).toEqual(
    new Set(
      [COMMANDS.start, COMMANDS.test, COMMANDS.fuzz, COMMANDS.crowd].flatMap(({ options }) =>
        Object.keys(options),
      ),
    ),
  );
});

test('environment.md lists exactly the keys of an instance', () => {
  const page = read('docs/reference/environment.md').split('\n## ');
  const section = page.find((text) => text.startsWith('Instance')) ?? '';
  const rows = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, names = '']) => names);
  const listed = rows.flatMap((names) => [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
  const sources = [
    'netcode/instance/src/config.rs',
    'netcode/godot/src/logger.rs',
    'godot-server/test/case.gd',
    'control-plane/src/fleet/local/run.ts', // the SDK's port for HTTP, which other programs in an instance's place use
  ];
  const keys = sources.flatMap((path) => [
    ...(read(path).split('#[cfg(test)]')[0] ?? '').matchAll(/\b(?:OTHERWORLD|AGONES)_[A-Z_]+\b/g),
  ]);
  expect(keys.length).toBeGreaterThan(8);
  expect(new Set(listed)).toEqual(
    new Set(keys.map(([name]) => name).filter((name) => name !== 'OTHERWORLD_RECORD_DIR')),
  );
});

test.for([
  ['Control plane', 'control-plane/src/config.ts'],
  ['Fleet supervisor', 'control-plane/src/fleet/local/config.ts'],
] as const)('environment.md lists exactly the keys of the %s', ([heading, source]) => {
  const section =
    read('docs/reference/environment.md')
      .split('\n## ')
      .find((text) => text.startsWith(heading)) ?? '';
  const listed = [...section.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name);
  const keys = [...read(source).matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name);
  expect(keys.length).toBeGreaterThan(5);
  expect(listed.toSorted()).toEqual(keys.toSorted());
});
