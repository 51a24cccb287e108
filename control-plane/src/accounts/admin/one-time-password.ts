// A password that is good for one sign-in, made by us and typed by a person: 100 random bits in letters and digits that no
// font confuses, in groups.
import { randomInt } from 'node:crypto';

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUPS = 5;
const PER_GROUP = 4;

export function oneTimePassword(): string {
  const character = () => ALPHABET[randomInt(ALPHABET.length)];
  const group = () => Array.from({ length: PER_GROUP }, character).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
