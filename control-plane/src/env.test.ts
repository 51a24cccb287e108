import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { readConfig as readSupervisorConfig } from './fleet/local/config.ts';

const GOOD = {
  OTHERWORLD_DATA: '/data',
  OTHERWORLD_WORLDS_DIR: '/worlds',
  DATABASE_URL: 'postgresql://127.0.0.1/otherworld',
  REDIS_URL: 'redis://127.0.0.1',
};

test('what is not set has its default, and an empty value is not set', () => {
  expect(readConfig({ ...GOOD, OTHERWORLD_PORT: '', OTHERWORLD_HOST: '' })).toMatchObject({
    OTHERWORLD_HOST: '127.0.0.1',
    OTHERWORLD_PORT: 7400,
  });
});

test('every bad key is named', () => {
  const bad = { ...GOOD, OTHERWORLD_PORT: '70000', OTHERWORLD_FLEET_URL: 'ftp://x', OTHERWORLD_DATA: '' };
  expect(() => readConfig(bad)).toThrow(/OTHERWORLD_PORT: .*OTHERWORLD_FLEET_URL: /);
  expect(() => readConfig(bad)).toThrow(/OTHERWORLD_DATA is missing/);
});

test("the instance's command is a JSON array", () => {
  const env = { OTHERWORLD_DATA: '/data', OTHERWORLD_CONTROL_URL: 'http://127.0.0.1:7401' };
  const read = (command: string) => readSupervisorConfig({ ...env, OTHERWORLD_INSTANCE_COMMAND: command });
  expect(read('["godot","--headless"]').OTHERWORLD_INSTANCE_COMMAND).toEqual(['godot', '--headless']);
  for (const command of ['godot --headless', '[]', '[""]', '{}', '["godot",1]']) {
    expect(() => read(command)).toThrow(/OTHERWORLD_INSTANCE_COMMAND/);
  }
});
