import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ApiError, errorsPage } from './errors.ts';

test('docs/reference/errors.md lists exactly the table', async () => {
  await expect(errorsPage()).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/reference/errors.md'));
});

test('a detail takes the place of the sentence and of nothing else', () => {
  expect(new ApiError('OW_ERR_BAD_REQUEST', 'name: too long').body()).toMatchObject({
    code: 'OW_ERR_BAD_REQUEST',
    message: 'name: too long',
    status: 400,
  });
});
