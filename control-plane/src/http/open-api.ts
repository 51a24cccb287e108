// The OpenAPI document, made of the routes' schemas, and its page. Both are served from here alone: the page needs
// nothing of the internet.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import type { App } from './route.ts';

export const DOCUMENT_PATH = '/api/v1/openapi.json';
const PAGE_PATH = '/api/docs';
const LOGO = join(import.meta.dirname, '../../../console/public/icon.svg');

const DESCRIPTION = `Accounts, worlds and seats of an Otherworld.

A refused request is answered with \`{code, message, hint, status}\`; \`code\` is a row of the table of errors.
Times are ISO 8601 in UTC, numbers of 64 bits are decimal strings. A list is asked for with \`limit\` and \`cursor\`
and says in \`next\` where it goes on.`;

/** Before the routes, which it gathers. */
export async function openApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Otherworld', version: '1', description: DESCRIPTION, license: { name: 'MIT' } },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'The token of a session: `ow_…`.' },
        },
      },
    },
    // Worlds' bytes, pages and questions of health are no part of the API.
    transform: (route) =>
      route.url.startsWith('/api/v1/')
        ? jsonSchemaTransform(route)
        : { schema: { hide: true }, url: route.url },
    transformObject: (input) => withoutUnused(jsonSchemaTransformObject(input) as OpenAPIV3_1.Document),
  });
  app.get(DOCUMENT_PATH, { schema: { hide: true } }, async (_request, reply) =>
    reply.header('access-control-allow-origin', '*').send(documentOf(app)),
  );
  await app.register(swaggerUi, {
    routePrefix: PAGE_PATH,
    logo: { type: 'image/svg+xml', content: readFileSync(LOGO), href: '/', target: '_self' },
    // The box would read another document, which the page's policy does not let it fetch.
    theme: {
      title: 'Otherworld API',
      css: [
        {
          filename: 'otherworld.css',
          content: '.topbar .download-url-wrapper { display: none !important; }',
        },
      ],
    },
    uiConfig: { deepLinking: true, displayRequestDuration: true },
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'",
  });
}

export function documentOf(app: App): OpenAPIV3_1.Document {
  return app.swagger() as OpenAPIV3_1.Document;
}

/** Each named schema is made twice, as it is sent and as it is taken; the second only matters where something takes it. */
function withoutUnused(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const text = JSON.stringify(document);
  const schemas = Object.entries(document.components?.schemas ?? {});
  const used = schemas.filter(
    ([name]) => !name.endsWith('Input') || text.includes(`"#/components/schemas/${name}"`),
  );
  const rest = { ...document, components: { ...document.components, schemas: Object.fromEntries(used) } };
  // What only the dropped ones referred to goes in the next round.
  return used.length === schemas.length ? rest : withoutUnused(rest);
}
