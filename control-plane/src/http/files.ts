// What is served as bytes: worlds by their hash, for ever the same, and the console, whose pages the browser
// routes itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../errors.ts';
import type { Services } from './app.ts';

export async function fileRoutes(
  app: FastifyInstance,
  { worlds, consoleDir, publicUrl }: Services,
): Promise<void> {
  app.get<{ Params: { file: string } }>('/worlds/:file', async (request, reply) => {
    const scene = worlds.scenes.bySha256(/^([0-9a-f]{64})\.glb$/.exec(request.params.file)?.[1] ?? '');
    if (scene === undefined) throw new ApiError('OW_ERR_UNKNOWN_WORLD');
    return reply
      .type('model/gltf-binary')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('access-control-allow-origin', '*')
      .send(scene.bytes);
  });
  await consoleRoutes(app, consoleDir, contentPolicy(publicUrl));
}

/**
 * The console holds a session's token: no script runs there but its own, and nothing goes to or comes from anywhere else but
 * the worlds, which lie at the public address whatever address the page was opened at. Styles are set by libraries that
 * draw labels; images and worlds pass through `blob:` on their way to the graphics card.
 */
function contentPolicy(publicUrl: string): string {
  return [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    `connect-src 'self' ${new URL(publicUrl).origin} data: blob:`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function consoleRoutes(
  app: FastifyInstance,
  directory: string | undefined,
  policy: string,
): Promise<void> {
  if (directory !== undefined) {
    await app.register(fastifyStatic, {
      root: directory,
      setHeaders: (reply, path) => {
        // Vite names its assets by content; the page itself names the assets.
        const immutable = path.includes(`${join(directory, 'assets')}/`);
        reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
        reply.header('x-frame-options', 'DENY').header('content-security-policy', policy);
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|worlds)\//.test(request.url);
    if (!isPage || directory === undefined || !existsSync(join(directory, 'index.html'))) {
      throw new ApiError('OW_ERR_NOT_FOUND');
    }
    return reply.sendFile('index.html');
  });
}
