// What our mails say. Nothing in them was written by a stranger: whoever signs up somebody else's address cannot make us
// send words of theirs. The token is in the link's fragment, which browsers send to no server and no log.
export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export type Kind = 'verify' | 'known' | 'reset';

export function letter(kind: Kind, to: string, publicUrl: string, token: string): Letter {
  const { host } = new URL(publicUrl);
  switch (kind) {
    case 'verify':
      return {
        to,
        subject: `Confirm your e-mail for ${host}`,
        text: page(
          `Somebody, we hope you, signs up at ${host} with this e-mail.`,
          `To confirm it, follow this link within a day:\n\n${publicUrl}/#verify=${token}`,
          'If it was not you, do nothing: no account is made.',
        ),
      };
    case 'known':
      return {
        to,
        subject: `You have an account at ${host}`,
        text: page(
          `Somebody, we hope you, wanted to sign up at ${host} with this e-mail, which has an account already.`,
          `Sign in at ${publicUrl}; if you have forgotten the password, you can ask for another one there.`,
          'If it was not you, there is nothing to do.',
        ),
      };
    case 'reset':
      return {
        to,
        subject: `Another password for ${host}`,
        text: page(
          `Somebody, we hope you, has forgotten the password for ${host}.`,
          `To choose another one, follow this link within an hour:\n\n${publicUrl}/#reset=${token}`,
          'You are then signed out everywhere. If it was not you, do nothing: the password stays.',
        ),
      };
  }
}

const page = (...paragraphs: string[]): string => `${paragraphs.join('\n\n')}\n`;
