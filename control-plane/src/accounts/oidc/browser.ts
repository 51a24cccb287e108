// The cookie that binds a sign-in to the browser that began it, so that nobody can be made to finish somebody else's.
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

const NAME = 'ow_oidc';
const VALUE = /(?:^|;)\s*ow_oidc=([A-Za-z0-9_-]{43})(?:;|$)/;
const LIFE_S = 900;

export const browserOf = ({ headers }: FastifyRequest): string | undefined =>
  VALUE.exec(headers.cookie ?? '')?.[1];

/** The same for two tabs of one browser. */
export function nameBrowser(request: FastifyRequest, reply: FastifyReply, publicUrl: string): string {
  const browser = browserOf(request) ?? randomBytes(32).toString('base64url');
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  // Lax: it must come along when the provider sends the browser back.
  reply.header(
    'set-cookie',
    `${NAME}=${browser}; Path=/api/v1/oidc; Max-Age=${LIFE_S}; HttpOnly; SameSite=Lax${secure}`,
  );
  return browser;
}
