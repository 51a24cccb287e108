// What people say to everybody in their instance. Redis gives each message its number and hands it to every process in
// one order; each delivers it to those inside whose sockets it has, the one who said it among them. Nothing is kept.
import type { Bus } from '../bus.ts';
import { ApiError } from '../errors.ts';
import { frame } from './envelope.ts';
import type { Room } from './room.ts';
import type { GatewayScripts } from './scripts.ts';

interface Said {
  readonly number: string;
  /** Redis' clock (unit: milliseconds). */
  readonly at: number;
  readonly said: { readonly from: string; readonly name: string; readonly text: string };
}

/** Numbers go by the clock when the last one is forgotten, so this only saves Redis from remembering dead instances. */
const NUMBER_KEPT_MS = 24 * 60 * 60 * 1000;

const idOf = (instance: string, number: string) => `${instance}/${number}`;

/** Listens for a room's chat. Returns how to stop. */
export function hearChat(bus: Bus, room: Room): () => void {
  return bus.subscribe(`ow:chat:${room.name}`, ({ number, at, said: { from, name, text } }: Said) =>
    room.tell((origin) =>
      frame(
        'chat:message:v1:stream',
        { text, name },
        { ...origin, id: idOf(room.name, number), time: new Date(at), from },
      ),
    ),
  );
}

/** Answers the message's id. */
export async function say(
  scripts: GatewayScripts,
  room: Room,
  speaker: { readonly id: string; readonly name: string },
  asked: string,
  atMost: number,
): Promise<string> {
  const text = clean(asked, atMost);
  const said = { from: speaker.id, name: speaker.name, text };
  return idOf(room.name, await scripts.say(room.name, NUMBER_KEPT_MS, said));
}

/** Controls, what turns the direction of text, what has no width, private characters and halves of a pair. */
const UNSHOWN =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{feff}]/gu;
/** Stacks of combining marks cover the lines around them. */
const TOO_MANY_MARKS = /(\p{M}{4})\p{M}+/gu;
/** The joiners inside emoji and in Persian are no characters by themselves. */
const VISIBLE = /[^\p{Cf}\p{M}\p{Z}]/u;

export function clean(asked: string, atMost: number): string {
  const text = asked
    .normalize('NFC')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(UNSHOWN, '')
    .replaceAll(TOO_MANY_MARKS, '$1')
    .trim();
  if (!VISIBLE.test(text)) throw new ApiError('OW_ERR_BAD_REQUEST', 'data.text: nothing in it can be shown');
  if (text.length > atMost)
    throw new ApiError('OW_ERR_BAD_REQUEST', `data.text: more than ${atMost} characters`);
  return text;
}
