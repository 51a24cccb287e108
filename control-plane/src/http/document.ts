// The OpenAPI document without a running system: the routes are registered and none is ever asked, so what they would
// need does not have to exist. Run, it writes the document to the file that is named, or to standard output.
import { writeFileSync } from 'node:fs';
import sse from '@fastify/sse';
import type { OpenAPIV3_1 } from 'openapi-types';
import { apiRoutesOf, type Services, server } from './app.ts';
import { documentOf, openApi } from './open-api.ts';

export async function openApiDocument(): Promise<OpenAPIV3_1.Document> {
  const app = server();
  await app.register(sse.default);
  await openApi(app);
  apiRoutesOf(app, nothing as Services);
  await app.ready();
  const document = documentOf(app);
  await app.close();
  return document;
}

/** Takes the place of anything while routes are registered: whatever is read of it or made by it is itself. */
const nothing: unknown = new Proxy(function nothing() {}, {
  get: (_, key) => (key === 'then' || key === Symbol.toPrimitive ? undefined : nothing),
  apply: () => nothing,
  construct: () => nothing as object,
});

if (import.meta.main) {
  const text = `${JSON.stringify(await openApiDocument(), null, 2)}\n`;
  if (process.argv[2] === undefined) process.stdout.write(text);
  else writeFileSync(process.argv[2], text);
}
