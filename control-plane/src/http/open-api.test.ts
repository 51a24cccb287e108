// The document that clients are made of: complete, and no promise in it that the table of errors does not keep.
import type { OpenAPIV3_1 } from 'openapi-types';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { errorsPage } from '../errors.ts';
import { server } from './app.ts';
import { openApiDocument } from './document.ts';
import { LIMITS } from './rate-limits.ts';

const document = await openApiDocument();
const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
  Object.entries(methods ?? {}).map(
    ([method, operation]) => [`${method} ${path}`, operation as OpenAPIV3_1.OperationObject] as const,
  ),
);

test('every operation has a name of its own, one tag, a summary, and the shapes of its answers', () => {
  expect(operations.length).toBeGreaterThan(5);
  const names = operations.map(([, { operationId }]) => operationId);
  expect(names).toEqual([...new Set(names)]);
  for (const [route, { operationId, tags, summary, responses }] of operations) {
    expect(route).toMatch(/^\w+ \/api\/v1\//);
    expect(operationId, route).toMatch(/^[a-z][A-Za-z]+$/);
    expect(tags, route).toHaveLength(1);
    expect(summary, route).toMatch(/^[A-Z].*[^.]$/);
    expect(
      Object.keys(responses ?? {}).some((status) => /^[123]/.test(status)),
      route,
    ).toBe(true);
  }
});

test('every refusal that it declares is a row of the table, under the status of the row', () => {
  const rows = new Map(
    [...errorsPage().matchAll(/^\| `(OW_ERR_\w+)` \| (\d+)/gm)].map(([, code, status]) => [code, status]),
  );
  const refusals = operations.flatMap(([route, { responses }]) =>
    Object.entries(responses ?? {})
      .filter(([status]) => /^[45]/.test(status))
      .map(([status, response]) => ({ route, status, response: response as OpenAPIV3_1.ResponseObject })),
  );
  expect(refusals.length).toBeGreaterThan(operations.length);
  for (const { route, status, response } of refusals) {
    const schema = response.content?.['application/json']?.schema as OpenAPIV3_1.SchemaObject;
    const code = schema.properties?.code as OpenAPIV3_1.SchemaObject | undefined;
    const codes = code?.enum ?? [];
    expect(codes.length, route).toBeGreaterThan(0);
    for (const one of codes) expect({ route, one, status: rows.get(one) }).toEqual({ route, one, status });
  }
});

test('every limit of a route is the limit of a route that exists', () => {
  const routes = new Set(operations.map(([route]) => route.toLowerCase()));
  const limited = Object.keys(LIMITS).filter((name) => name.includes('/'));
  expect(limited.length).toBeGreaterThan(5);
  for (const name of limited) expect(routes).toContain(name.toLowerCase().replace(/:(\w+)/g, '{$1}'));
});

test('every schema is referred to or belongs to a stream', () => {
  const text = JSON.stringify(document);
  for (const name of Object.keys(document.components?.schemas ?? {})) {
    const isReferred = text.includes(`"#/components/schemas/${name}"`);
    const isOfStream = operations.some(([, { responses }]) =>
      JSON.stringify(responses).includes(`(${name})`),
    );
    expect({ name, known: isReferred || isOfStream }).toEqual({ name, known: true });
  }
});

test('a route that the document could not tell of stops the start', () => {
  const schema = { operationId: 'x', tags: ['x'], summary: 'X', response: { 200: z.string() } };
  for (const key of Object.keys(schema)) {
    const { [key as keyof typeof schema]: _, ...rest } = schema;
    expect(() => server().get('/api/v1/x', { schema: rest }, async () => ''), key).toThrow(
      /GET \/api\/v1\/x/,
    );
  }
  server().get('/api/v1/x', { schema }, async () => '');
});
