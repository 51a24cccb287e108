// `node control-plane/src/accounts/admin.ts reset`: a new one-time password for the admin, by DATABASE_URL. With REDIS_URL the
// running processes forget the admin's sessions at once, without it within a second. On a local system
// `npm run admin -- reset` finds the addresses itself.
import { z } from 'zod';
import { readEnv, startOrExplain } from '../env.ts';
import { connect } from '../persistence/connect.ts';
import { connectRedis } from '../redis.ts';
import { resetAdmin } from './admin/reset.ts';
import { PasswordHasher } from './password/hash.ts';

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
});

await startOrExplain(async () => {
  if (process.argv[2] !== 'reset' || process.argv.length > 3) {
    process.stderr.write('usage: node control-plane/src/accounts/admin.ts reset\n');
    process.exit(2);
  }
  const { DATABASE_URL, REDIS_URL } = readEnv(schema, process.env);
  const db = connect(DATABASE_URL);
  const redis = REDIS_URL === undefined ? undefined : connectRedis(REDIS_URL);
  try {
    const { email, password } = await resetAdmin(db, new PasswordHasher(), redis);
    process.stdout.write(
      `E-mail    ${email}\nPassword  ${password}  (good for one sign-in, which asks for another)\n`,
    );
  } finally {
    redis?.disconnect();
    await db.$disconnect();
  }
});
