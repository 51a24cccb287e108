// Where the first admin's one-time password lies until it is shown. Apart, because the launcher reads it before there is
// anything that could talk to a database.
import { join } from 'node:path';

export const ADMIN_EMAIL = 'admin@otherworld.local';

export const firstAdminFile = (data: string): string => join(data, 'secrets/first-admin.password');
