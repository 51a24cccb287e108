// Every refusal that the public API can answer with, in one table. `docs/reference/errors.md` is this table for
// people, and a test compares the two. OW_ERR_INTERNAL is our own mistake: nothing that a client sends may lead to
// it.

interface Row {
  readonly status: number;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

const TABLE = {
  OW_ERR_BAD_REQUEST: {
    status: 400,
    message: 'The request does not have the shape that this address takes.',
    hint: 'The message names the field; the API reference shows the shape.',
  },
  OW_ERR_UNKNOWN_EVENT: {
    status: 400,
    message: 'There is no such event, or it is not one that a client sends.',
    hint: 'docs/reference/events.md lists the events; those that end in :requested are yours to send.',
  },
  OW_ERR_SIGN_IN: {
    status: 401,
    message: 'This needs somebody who is signed in.',
    hint: 'Send "Authorization: Bearer ow_…"; POST /api/v1/guests or /api/v1/sessions gives a token.',
  },
  OW_ERR_FORBIDDEN: {
    status: 403,
    message: 'This is not for you.',
    hint: 'It needs another role or membership; an admin can give roles.',
  },
  OW_ERR_BANNED: {
    status: 403,
    message: 'This account is kept out.',
    hint: 'The message says why and until when.',
  },
  OW_ERR_PASSWORD_SAME: {
    status: 400,
    message: 'The new password is the old one.',
    hint: 'Choose another one.',
  },
  OW_ERR_OIDC_STATE: {
    status: 400,
    message: 'This sign-in was not begun in this browser, was finished already, or took too long.',
    hint: 'Begin again; a sign-in at a provider is good once, for ten minutes, in the browser that began it.',
  },
  OW_ERR_CREDENTIALS: {
    status: 401,
    message: 'No account has this e-mail with this password.',
    hint: 'Look for a typing error; a forgotten password is replaced by a link that is mailed.',
  },
  OW_ERR_OIDC_REFUSED: {
    status: 401,
    message: "The provider's answer does not hold.",
    hint: 'Begin again; the message names the check that failed.',
  },
  OW_ERR_PASSWORD_ONE_TIME: {
    status: 403,
    message: 'This password is good for one sign-in, which must bring another one.',
    hint: 'Send "newPassword" with it.',
  },
  OW_ERR_UNKNOWN_ACCOUNT: {
    status: 404,
    message: 'There is no such account.',
    hint: 'GET /api/v1/accounts lists the accounts.',
  },
  OW_ERR_UNKNOWN_SESSION: {
    status: 404,
    message: 'There is no such session of yours.',
    hint: 'GET /api/v1/sessions lists them.',
  },
  OW_ERR_UNKNOWN_PROVIDER: {
    status: 404,
    message: 'There is no such provider to sign in with.',
    hint: 'GET /api/v1/oidc lists the providers.',
  },
  OW_ERR_HAS_PASSWORD: {
    status: 409,
    message: 'This account has an e-mail and a password already.',
    hint: 'Sign out to make another account.',
  },
  OW_ERR_NO_PASSWORD: {
    status: 409,
    message: 'This account has no password.',
    hint: 'POST /api/v1/accounts while signed in adds an e-mail and a password.',
  },
  OW_ERR_GUEST: {
    status: 409,
    message: "This account is a guest's, who cannot sign in again.",
    hint: 'A role needs an e-mail and a password or a provider first.',
  },
  OW_ERR_LAST_ADMIN: {
    status: 409,
    message: 'This is the last admin.',
    hint: 'Make somebody else an admin first.',
  },
  OW_ERR_IDENTITY_TAKEN: {
    status: 409,
    message: 'This person at the provider has another account here.',
    hint: 'Sign out, then sign in with the provider to use that account.',
  },
  OW_ERR_LINK: {
    status: 410,
    message: 'This link was used, has expired, or was replaced by a newer one.',
    hint: 'Ask for another one.',
  },
  OW_ERR_TOO_MANY_TRIES: {
    status: 429,
    message: 'There were too many tries with this e-mail.',
    hint: 'Wait a quarter of an hour, or ask for another password.',
  },
  OW_ERR_OIDC_UNAVAILABLE: {
    status: 503,
    message: 'The provider to sign in with does not answer.',
    hint: 'Ask again; the message names what failed. Other ways to sign in still work.',
  },
  OW_ERR_NOT_FOUND: {
    status: 404,
    message: 'There is nothing at this address.',
    hint: 'The public API lies under /api/v1.',
  },
  OW_ERR_UNKNOWN_WORLD: {
    status: 404,
    message: 'There is no such world.',
    hint: 'GET /api/v1/worlds lists the worlds.',
  },
  OW_ERR_UNKNOWN_SCENE: {
    status: 404,
    message: 'There is no such scene.',
    hint: 'GET /api/v1/scenes lists the scenes.',
  },
  OW_ERR_TICK_RATE: {
    status: 400,
    message: 'Worlds do not run at 60 Hz yet.',
    hint: 'Ask for 30: instances keep a steady 30 Hz today, and 60 is not let in before it is measured.',
  },
  OW_ERR_ACCOUNT_NEEDED: {
    status: 403,
    message: 'This world is for those who have an account.',
    hint: 'Guests get one with POST /api/v1/accounts.',
  },
  OW_ERR_SLUG_TAKEN: {
    status: 409,
    message: 'Another world has this slug.',
    hint: 'Choose another one; slugs are first come, first served.',
  },
  OW_ERR_TOO_MANY_WORLDS: {
    status: 409,
    message: 'This account has as many worlds as it may.',
    hint: 'Remove one of the 100 first.',
  },
  OW_ERR_TOO_MANY_MEMBERS: {
    status: 409,
    message: 'This world has as many members as it may.',
    hint: 'Remove one of the 1,000 first, or open it to accounts.',
  },
  OW_ERR_WORLD_BUILT_IN: {
    status: 409,
    message: 'This world comes with Otherworld and is made anew at each start.',
    hint: 'To close it set its access to "owner".',
  },
  OW_ERR_SCENE_GONE: {
    status: 409,
    message: "The file of this world's scene is not there any more.",
    hint: 'Its owner can give it another one with PATCH /api/v1/worlds/….',
  },
  OW_ERR_CHANGED: {
    status: 412,
    message: 'Somebody has changed it since it was read.',
    hint: 'Read it again, and send the new ETag in If-Match.',
  },
  OW_ERR_UNKNOWN_BAN: {
    status: 404,
    message: 'There is no such ban.',
    hint: 'GET /api/v1/bans lists the bans.',
  },
  OW_ERR_NOT_INSIDE: {
    status: 409,
    message: 'This account has no seat now.',
    hint: 'There is nobody to send out; a ban keeps them from coming.',
  },
  OW_ERR_BAN_SELF: {
    status: 409,
    message: 'Nobody bans themselves.',
    hint: 'Another admin can.',
  },
  OW_ERR_ALREADY_BANNED: {
    status: 409,
    message: 'This account is banned already.',
    hint: 'Lift that ban first, with DELETE /api/v1/bans/….',
  },
  OW_ERR_UNKNOWN_TICKET: {
    status: 404,
    message: 'You have no such ticket.',
    hint: 'Tickets end when nobody waits on them; POST /api/v1/tickets gives a new one.',
  },
  OW_ERR_UNKNOWN_INSTANCE: {
    status: 404,
    message: 'There is no such instance.',
    hint: 'GET /api/v1/instances lists the instances; names change when instances are replaced.',
  },
  OW_ERR_UNKNOWN_SEAT: {
    status: 404,
    message: 'This instance has no such seat.',
    hint: 'The player may have left; GET /api/v1/instances lists the seats.',
  },
  OW_ERR_NOT_ACCEPTABLE: {
    status: 406,
    message: 'This address answers with an event stream only.',
    hint: 'Send "Accept: text/event-stream", or no such header.',
  },
  OW_ERR_PARTY_TOO_LARGE: {
    status: 409,
    message: 'This world has fewer seats than the party has members.',
    hint: 'Come in smaller parties.',
  },
  OW_ERR_PROTOCOL: {
    status: 409,
    message: 'No instance of this world speaks your protocol.',
    hint: 'The message names both; update the client, or ask again when the instances have been updated.',
  },
  OW_ERR_TICKET_REPLACED: {
    status: 409,
    message: 'You have asked for another ticket.',
    hint: 'An account waits for one seat at a time; the newer wish counts.',
  },
  OW_ERR_TICKET_CANCELLED: {
    status: 409,
    message: 'The ticket was given up.',
    hint: 'POST /api/v1/tickets gives a new one.',
  },
  OW_ERR_TICKET_LOST: {
    status: 409,
    message: 'The ticket is gone: the queue was lost, or nobody could be seen to wait on it.',
    hint: 'Ask for a new one with POST /api/v1/tickets; no seat was given for this one.',
  },
  OW_ERR_INSTANCE_SILENT: {
    status: 409,
    message: 'The control plane has no line to this instance now.',
    hint: 'It dials again by itself within seconds, or is replaced.',
  },
  OW_ERR_NOT_IN_WORLD: {
    status: 409,
    message: 'You are not in a world now.',
    hint: 'Get a seat by POST /api/v1/tickets and connect to it; this is for those inside.',
  },
  OW_ERR_BODY_TOO_LARGE: {
    status: 413,
    message: 'The request is larger than this address takes.',
    hint: 'Requests of this API are under 16 KiB.',
  },
  OW_ERR_MEDIA_TYPE: {
    status: 415,
    message: 'The body is not JSON.',
    hint: 'Send "Content-Type: application/json".',
  },
  OW_ERR_RELAY_TICKET: {
    status: 401,
    message: 'This relay ticket is not ours, or its time is over.',
    hint: 'Take the one that came with the seat, soon after; a new ticket for the world brings a new one.',
  },
  OW_ERR_RELAY_FULL: {
    status: 503,
    message: 'This process relays for as many players as it can.',
    hint: 'Ask again: another process may answer; or connect by UDP.',
  },
  OW_ERR_UPGRADE: {
    status: 426,
    message: 'This address speaks WebSocket.',
    hint: 'Ask for an upgrade; docs/reference/gateway.md says what follows.',
  },
  OW_ERR_TOO_FAST: {
    status: 429,
    message: 'You send faster than the gateway takes.',
    hint: 'This message was not taken; gateway:ready says how fast each class may come.',
  },
  OW_ERR_TOO_MANY: {
    status: 429,
    message: 'There were too many requests.',
    hint: 'The header retry-after says in how many seconds to ask again.',
  },
  OW_ERR_SEATS_AWAY: {
    status: 503,
    message: 'No seat can be given now: the store that counts them does not answer.',
    hint: 'Ask again in a second; whoever plays goes on playing.',
  },
  OW_ERR_QUEUE_AWAY: {
    status: 503,
    message: 'Nobody can queue now: the store of the tickets does not answer.',
    hint: 'Ask again in a second; whoever plays goes on playing.',
  },
  OW_ERR_FLEET_UNAVAILABLE: {
    status: 503,
    message: 'Whoever starts the instances does not answer.',
    hint: 'Instances that run go on; look at the fleet supervisor and its log.',
  },
  OW_ERR_STORE_AWAY: {
    status: 503,
    message: 'The database or Redis does not answer.',
    hint: 'Ask again in a second; GET /readyz names what is away.',
  },
  OW_ERR_BUSY: {
    status: 503,
    message: 'Too many others change the same thing at this moment.',
    hint: 'Nothing of this request was done; ask again in a second.',
  },
  OW_ERR_STOPPING: {
    status: 503,
    message: 'This process is stopping.',
    hint: 'Ask again; another one is taking over.',
  },
  OW_ERR_INTERNAL: {
    status: 500,
    message: 'The control plane made a mistake.',
    hint: "It is in the control plane's log, under this request's id; please report it.",
  },
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof TABLE;

export function statusOf<C extends ErrorCode>(code: C): (typeof TABLE)[C]['status'] {
  return TABLE[code].status;
}

export interface ErrorBody extends Row {
  readonly code: ErrorCode;
}

export class ApiError extends Error {
  readonly code: ErrorCode;

  /** `detail` says what is particular to this case; else the table's sentence stands. */
  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail ?? TABLE[code].message, options);
    this.code = code;
  }

  get status(): number {
    return TABLE[this.code].status;
  }

  body(): ErrorBody {
    const { status, hint } = TABLE[this.code];
    return { code: this.code, message: this.message, hint, status };
  }
}

/** The table as the page shows it. */
export function errorsPage(): string {
  const rows = Object.entries(TABLE).map(
    ([code, { status, message, hint }]) => `| \`${code}\` | ${status} | ${message} | ${hint} |`,
  );
  return [
    '# Errors of the HTTP API',
    '',
    'A refused request is answered with `{code, message, hint, status}`. `code` is stable; `message` may say more than the row below.',
    'Made from `control-plane/src/errors.ts`; `npx vitest run control-plane/src/errors.test.ts -u` writes it anew.',
    '',
    '| code | status | message | what to do |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
