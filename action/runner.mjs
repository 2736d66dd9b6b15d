// @ts-check
// What the steps of the action share: the runner's files and commands. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';

/** A fault that its reader can mend; printed without a stack. */
export class ActionError extends Error {}

/** @param {string} name @returns {string} the variable, or '' when it is not set */
export function env(name) {
  return process.env[name] ?? '';
}

/**
 * An input that is a yes or a no.
 *
 * @param {string} name the variable that holds it
 * @returns {boolean}
 */
export function yes(name) {
  const value = env(name);
  if (value !== 'true' && value !== 'false') throw new ActionError(`the input ${inputName(name)} has to be true or false`);
  return value === 'true';
}

/** @param {string} name @returns {string} `fail-on` for `DEKEY_FAIL_ON` */
export function inputName(name) {
  return name.replace(/^DEKEY_/, '').toLowerCase().replaceAll('_', '-');
}

/**
 * Sets outputs of the step. Nothing in a value can end it: the delimiter is drawn for each.
 *
 * @param {Readonly<Record<string, string | number>>} values
 */
export function setOutputs(values) {
  for (const [name, value] of Object.entries(values)) {
    const delimiter = `dekey-${randomBytes(16).toString('hex')}`;
    appendFileSync(env('GITHUB_OUTPUT'), `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  }
}

/**
 * An annotation of the step. Only our own words and numbers are put into one.
 *
 * @param {'notice' | 'warning' | 'error'} level
 * @param {string} message
 */
export function annotate(level, message) {
  process.stdout.write(`::${level} title=dekey::${message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}\n`);
}

/**
 * Runs a step; the only place that sets the exit code.
 *
 * @param {() => number | Promise<number>} step gives the exit code
 */
export async function run(step) {
  try {
    process.exitCode = await step();
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    annotate('error', error.message);
    process.exitCode = 2;
  }
}
