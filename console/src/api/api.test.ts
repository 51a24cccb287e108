import { expect, test, vi } from 'vitest';
import { perform } from './actions.ts';
import { createApi } from './client.ts';
import { pauseBefore } from './stream.ts';

test('pauses between attempts double up to five seconds', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map(pauseBefore)).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000]);
});

function answering(respond: (request: Request) => Response) {
  const asked: Request[] = [];
  const to = createApi({
    baseUrl: 'http://plane',
    fetch: (async (request: Request) => {
      asked.push(request.clone());
      return respond(request);
    }) as typeof fetch,
  });
  return { to, asked };
}

const kick = { type: 'kick', instance: 'a/b', seat: '7', player: 'Ada', reason: 'spam' } as const;

test('names go into paths escaped, and the token into a header', async () => {
  const { to, asked } = answering(() => Response.json({ kicked: '7' }));
  expect(await perform(kick, 's3cret', to)).toBeNull();
  expect(asked[0]?.url).toBe('http://plane/api/v1/instances/a%2Fb/kick');
  expect(asked[0]?.headers.get('authorization')).toBe('Bearer s3cret');
  expect(await asked[0]?.json()).toEqual({ seat: '7', reason: 'spam' });
});

test('a refusal is told in the words of the table of errors', async () => {
  const row = { code: 'OW_ERR_X', message: 'No.', hint: 'Ask.', status: 409 };
  const { to } = answering(() => Response.json(row, { status: 409 }));
  expect(await perform(kick, 's3cret', to)).toEqual(row);
});

test('a refusal without a row still says its status', async () => {
  const { to } = answering(() => new Response('<html>', { status: 502 }));
  expect(await perform(kick, 's3cret', to)).toMatchObject({ code: 'HTTP_502', status: 502 });
});

test('a plane that does not answer is named', async () => {
  vi.stubGlobal('location', { host: 'plane:7400' });
  const { to } = answering(() => {
    throw new TypeError('fetch failed');
  });
  expect(await perform(kick, 's3cret', to)).toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('plane:7400'),
  });
  vi.unstubAllGlobals();
});
