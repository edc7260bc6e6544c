'use strict';

// Medians, tables and verdicts.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The median over the rounds of a ratio taken within each round, so that a machine that is slower
// for a while is slower for both sides.
function medianRatio(rounds, over, under) {
  return median(rounds.map((round) => over(round) / under(round)));
}

const count = (value) => Math.round(value).toLocaleString('en-US');

// Rows of strings; the first is the heading. The first `left` columns are names, the rest numbers.
function table(rows, left) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row
    .map((cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
    .join('  ').trimEnd()).join('\n');
}

// A target: `measured` is to be at most `most`, or at least `least`.
function verdict({ name, most, least, measured, unit = '' }, quick) {
  const met = most !== undefined ? measured <= most : measured >= least;
  const wanted = most !== undefined ? `<= ${most}` : `>= ${least}`;
  const word = quick ? '' : met ? 'met' : 'MISSED';
  return { met, row: [name, wanted + unit, measured.toFixed(2) + unit, word] };
}

// Prints the targets and returns the exit status: 1 when one is missed. A quick run is too short
// to be judged.
function judge(targets, { quick }) {
  if (targets.length === 0) return 0;
  const verdicts = targets.map((target) => verdict(target, quick));
  console.log();
  console.log(table([['target', 'wanted', 'measured', ''], ...verdicts.map(({ row }) => row)], 1));
  if (quick) console.log('\nquick: too short for a verdict');
  return quick || verdicts.every(({ met }) => met) ? 0 : 1;
}

// One line on the terminal that the next one replaces; nothing where there is no terminal.
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

module.exports = { count, judge, median, medianRatio, progress, table };
