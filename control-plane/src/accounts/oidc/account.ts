// Whose account it is that a provider vouches for. Only issuer and subject count: an e-mail, whether the provider calls it
// verified or not, opens no account, or whoever may choose e-mails at any one provider could take over all others.
// Somebody who has an account and wants to add a provider to it does so while signed in.
import { ApiError } from '../../errors.ts';
import type { Db, Tx } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import { cleanName } from '../name.ts';

export interface Person {
  readonly issuer: string;
  readonly subject: string;
  /** As the provider writes it; may be empty. */
  readonly name: string;
}

const MOST_CHARACTERS = 255;

/** `signedIn`: whoever began this while signed in. Returns the account's id. */
export function accountFor(db: Db, person: Person, signedIn: string | undefined): Promise<string> {
  if (person.subject.length > MOST_CHARACTERS || person.issuer.length > MOST_CHARACTERS) {
    throw new ApiError(
      'OW_ERR_OIDC_REFUSED',
      'The provider names this person with more than 255 characters.',
    );
  }
  return transaction(db, (tx) => findOrMake(tx, person, signedIn));
}

async function findOrMake(tx: Tx, { issuer, subject, name }: Person, signedIn?: string): Promise<string> {
  const mine = signedIn === undefined ? null : await tx.account.findUnique({ where: { id: signedIn } });
  const known = await tx.identity.findUnique({ where: { issuer_subject: { issuer, subject } } });
  if (known !== null) {
    // A guest who has been here before comes home; two accounts of one person are not made one.
    if (mine !== null && !mine.guest && mine.id !== known.accountId)
      throw new ApiError('OW_ERR_IDENTITY_TAKEN');
    return known.accountId;
  }
  const identities = { create: { issuer, subject } };
  if (mine !== null) {
    await tx.account.update({ where: { id: mine.id }, data: { guest: false, identities } });
    return mine.id;
  }
  const data = { name: cleanName(name) || 'Player', guest: false, identities };
  return (await tx.account.create({ data })).id;
}
