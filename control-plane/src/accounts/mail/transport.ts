// The way out for mails: a mail server, or in development a folder of .eml files that any mail program opens.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { createTransport } from 'nodemailer';
import type { Letter } from './letters.ts';

export interface MailTransport {
  /** Resolves when somebody else has taken the responsibility for it. `id` is the same when it is sent again. */
  send(letter: Letter, id: string): Promise<void>;
  close(): void;
}

/** A server that does not answer must not hold a worker for minutes (unit: milliseconds). */
const PATIENCE = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

export function smtpTransport(url: string, from: string): MailTransport {
  // Whoever sends a mail to somebody may not name files or addresses to be fetched.
  const closed = { disableFileAccess: true, disableUrlAccess: true };
  const mailer = createTransport({ url, ...PATIENCE, ...closed });
  return {
    async send(letter, id) {
      await mailer.sendMail({ from, ...letter, messageId: messageId(id, from) });
    },
    close: () => mailer.close(),
  };
}

export function folderTransport(folder: string, from: string, log: FastifyBaseLogger): MailTransport {
  const mailer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async send(letter, id) {
      const { message } = await mailer.sendMail({ from, ...letter, messageId: messageId(id, from) });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, `${new Date().toISOString().replaceAll(':', '-')} ${id}.eml`);
      await writeFile(file, message as Buffer, { mode: 0o600 });
      log.info({ file, subject: letter.subject }, 'a mail lies in the data folder');
    },
    close: () => mailer.close(),
  };
}

/** A mail server that took it and could not say so takes it for the same one. */
function messageId(id: string, from: string): string {
  const host = /@([^>\s]+)/.exec(from)?.[1] ?? 'localhost';
  return `<${id}@${host}>`;
}
