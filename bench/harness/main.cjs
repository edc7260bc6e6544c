'use strict';

// What the benchmarks have in common as programs: options, help, and one place for errors.

const os = require('node:os');
const { parseArgs } = require('node:util');

const { canPin } = require('./children.cjs');
const { Missing } = require('./programs.cjs');

// The command line is wrong: exit status 2.
class Usage extends Error {}

const kExitStatus = `Exit status: 0 every target is met (or --quick), 1 a target is missed or a run
failed, 2 usage, 3 something that is needed is not installed or not built.`;

const mayBeZero = (name) => name === 'pause' || name.endsWith('-core');

// Each option is [name, default, help]; one whose default is a boolean takes no value, one whose
// default is a number takes a whole number. `quick` holds the defaults that --quick changes.
function parse(options, quick, args) {
  const { values } = parseArgs({
    args,
    options: Object.fromEntries(options.map(([name, standard]) => [
      name, { type: typeof standard === 'boolean' ? 'boolean' : 'string' },
    ])),
  });
  return Object.fromEntries(options.map(([name, standard]) => {
    const value = values[name] ?? (values.quick ? quick[name] : undefined) ?? standard;
    if (typeof standard !== 'number') return [name, value];
    if (!/^\d+$/.test(value) || (Number(value) === 0 && !mayBeZero(name))) {
      throw new Error(`--${name}: not a number that it takes: ${value}`);
    }
    return [name, Number(value)];
  }));
}

function help({ usage, about, options }) {
  const argument = { boolean: '', number: ' N', string: ' LIST' };
  const names = options.map(([name, standard]) => `  --${name}${argument[typeof standard]}`);
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = options.map(([, standard, text], i) =>
    names[i].padEnd(width) + text + (typeof standard === 'boolean' ? '' : ` [${standard}]`));
  return `usage: ${usage}\n\n${about.trim()}\n\n${lines.join('\n')}\n\n${kExitStatus}`;
}

const kCommonOptions = [
  ['quick', false, 'a few seconds in all: shows that it works, judges nothing'],
  ['help', false, 'this text'],
];

// Runs `measure(options)`, which resolves to the exit status.
async function main({ name, usage, about, options, quick, measure }) {
  const program = { usage, about, options: [...options, ...kCommonOptions] };
  let values;
  try {
    values = parse(program.options, quick, process.argv.slice(2));
  } catch (error) {
    console.error(`${name}: ${error.message}; see --help`);
    process.exit(2);
  }
  if (values.help) {
    console.log(help(program));
    process.exit(0);
  }
  try {
    if (!canPin) {
      console.log(`not pinned to cores (${process.platform}, ${os.cpus().length}): expect noise`);
    }
    process.exit(await measure(values));
  } catch (error) {
    console.error(`${name}: ${error.message}${error instanceof Usage ? '; see --help' : ''}`);
    process.exit(error instanceof Usage ? 2 : error instanceof Missing ? 3 : 1);
  }
}

module.exports = { Usage, main };
