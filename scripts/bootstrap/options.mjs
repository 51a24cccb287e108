// The command line of every entry point: one table of options, from which the help text is made.
import { isIP } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutRoot } from './places.mjs';
import { Problem } from './problem.mjs';

/**
 * @typedef {'start' | 'test' | 'fuzz' | 'bench' | 'crowd' | 'format' | 'migration' | 'admin' | 'lock-debian'} Command
 * @typedef {object} Options
 * @property {Command} command
 * @property {boolean} help
 * @property {number} port web port N; the others are N+1 … N+5 and N+20 up
 * @property {string} host address that the web port and the game's UDP bind
 * @property {string} data absolute path of the data folder
 * @property {number} instances
 * @property {number} bots
 * @property {boolean} open open the page in the desktop's browser
 * @property {boolean} fast
 * @property {string[]} parts names of the only parts to run; empty: all
 * @property {number} seconds how long to fuzz, all targets together
 * @property {string} target the only fuzz target; empty: all
 * @property {string} replay absolute path of an input to run once; empty: none
 * @property {string} name of the migration to write, or what to do with the admin
 * @property {string[]} rest the command line as it was given
 */

/** @type {Record<Command, {about: string, argument?: string, options: Record<string, {value?: string, text: string}>}>} */
export const COMMANDS = {
  start: {
    about: 'Sets up and runs the whole system on this machine.',
    options: {
      port: { value: 'N', text: 'web port (7400); N+1 … N+5 and UDP from N+20 are used too' },
      host: { value: 'ADDRESS', text: 'address that the web port and UDP bind (127.0.0.1)' },
      data: { value: 'DIR', text: 'data folder (.otherworld)' },
      instances: { value: 'N', text: 'Godot instances to keep ready (1)' },
      bots: { value: 'N', text: 'bots that walk in the plaza (0)' },
      'no-open': { text: 'do not open the page in the browser' },
      help: { text: 'this text' },
    },
  },
  test: {
    about: 'Sets up, then checks and tests everything.',
    options: {
      fast: { text: 'format, lint, types and unit tests only' },
      only: {
        value: 'PART,…',
        text: 'only these parts (format, types, rust, ts, plane, wasm, godot, e2e, faults)',
      },
      help: { text: 'this text' },
    },
  },
  fuzz: {
    about: 'Searches for bytes that break a parser.',
    options: {
      seconds: { value: 'N', text: 'how long, all targets together (600)' },
      target: { value: 'NAME', text: 'only this target' },
      replay: { value: 'FILE', text: 'run one input, which was found before, on the target' },
      help: { text: 'this text' },
    },
  },
  bench: { about: 'Runs the benchmarks.', options: { help: { text: 'this text' } } },
  crowd: {
    about: 'Plays a crowd of bots in one instance and compares what they see with what is true.',
    options: {
      bots: { value: 'N', text: 'how many (100)' },
      seconds: { value: 'N', text: 'how long it is measured (60)' },
      crowd: {
        value: 'NAME',
        text: 'spread over the plaza, bunched within 10 m, pushers of balls, ball, outages (spread)',
      },
      pipe: { value: 'NAME', text: 'udp, or relay: a WebSocket to the control plane (udp)' },
      rtt: { value: 'MS', text: 'half of it is spent on each way (0)' },
      jitter: { value: 'MS', text: 'on top, each way, evenly from none to this (0)' },
      loss: { value: 'PCT', text: 'lost, each way (0)' },
      seed: { value: 'N', text: 'of the random numbers of bots and network (1)' },
      views: { value: 'S', text: "time between two views of a bot (0.5 to 5, by the measurement's length)" },
      report: { value: 'DIR', text: 'folder of report.json (.otherworld/crowd)' },
      record: { text: 'append the figures to docs/benchmarks.csv' },
      keep: { text: "keep the instance's recording and the bots' views beside the report" },
      port: { value: 'N', text: 'web port of the private system (one that is free)' },
      help: { text: 'this text' },
    },
  },
  format: { about: 'Formats every source file.', options: { help: { text: 'this text' } } },
  migration: {
    about: 'Writes the migration that leads databases to what prisma/schema.prisma has become.',
    argument: 'NAME',
    options: { help: { text: 'this text' } },
  },
  admin: {
    about: 'Gives the admin a new one-time password: npm run admin -- reset.',
    argument: 'reset',
    options: {
      data: { value: 'DIR', text: 'data folder, of a system that runs or not (.otherworld)' },
      help: { text: 'this text' },
    },
  },
  'lock-debian': {
    about: "Records today's Debian packages in scripts/debian.lock.json.",
    options: { help: { text: 'this text' } },
  },
};

/**
 * @param {string[]} argv
 * @returns {Options}
 */
export function readOptions(argv) {
  const [name = '', ...rest] = argv;
  if (!Object.hasOwn(COMMANDS, name))
    throw new Problem(`There is no command “${name}”`, `use one of ${Object.keys(COMMANDS).join(', ')}`);
  const command = /** @type {Command} */ (name);
  const { values, argument } = parse(command, rest);
  return {
    command,
    help: values.help === true,
    port: wholeNumber('port', values.port ?? '7400', 1, 65_000),
    host: ipAddress(values.host ?? '127.0.0.1'),
    data: path.resolve(
      process.env.INIT_CWD ?? checkoutRoot,
      values.data ?? process.env.OTHERWORLD_DATA ?? path.join(checkoutRoot, '.otherworld'),
    ),
    instances: wholeNumber('instances', values.instances ?? '1', 0, 200),
    bots: wholeNumber('bots', values.bots ?? '0', 0, 1000),
    open: values['no-open'] !== true,
    fast: values.fast === true,
    parts: values.only?.split(',') ?? [],
    seconds: wholeNumber('seconds', values.seconds ?? '600', 1, 1_000_000),
    target: values.target ?? '',
    replay: values.replay ? path.resolve(process.env.INIT_CWD ?? checkoutRoot, values.replay) : '',
    name: argument,
    rest: argv,
  };
}

/**
 * The options of a command as they were given, and its argument where it takes one.
 * @param {Command} command
 * @param {string[]} args
 * @returns {{values: Record<string, any>, argument: string}}
 */
export function parse(command, args) {
  const options = Object.fromEntries(
    Object.entries(COMMANDS[command].options).map(([key, { value }]) => [
      key,
      { type: /** @type {'string' | 'boolean'} */ (value ? 'string' : 'boolean') },
    ]),
  );
  try {
    const allowPositionals = COMMANDS[command].argument !== undefined;
    const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals });
    const [argument = '', ...more] = positionals;
    if (more.length > 0) throw new Error(`There is one argument too many, “${more[0]}”`);
    return { values, argument };
  } catch (error) {
    const first = /** @type {Error} */ (error).message.split(/\. |\n/)[0];
    throw new Problem(first ?? 'Bad options', `see npm ${scriptName(command)} -- --help`);
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} least
 * @param {number} most
 */
export function wholeNumber(name, text, least, most) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Problem(`--${name} is “${text}”`, `give a whole number from ${least} to ${most}`);
  }
  return value;
}

/** @param {string} text */
function ipAddress(text) {
  if (isIP(text) === 0)
    throw new Problem(
      `--host is “${text}”`,
      'give an IP address of this machine, or 0.0.0.0 for all of them',
    );
  return text;
}

/** @param {Command} command */
const scriptName = (command) => (command === 'start' || command === 'test' ? command : `run ${command}`);

/** @param {Command} command */
export function helpFor(command) {
  const { about, argument, options } = COMMANDS[command];
  const rows = Object.entries(options).map(
    ([key, { value, text }]) => `  ${`--${key}${value ? ` ${value}` : ''}`.padEnd(18)} ${text}\n`,
  );
  return `${about}\n\n  npm ${scriptName(command)} -- ${argument ? `${argument} ` : ''}[options]\n\n${rows.join('')}`;
}
