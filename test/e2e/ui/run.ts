/**
 * `dekey ui` in a real terminal: `npm run e2e -- ui`. Every key of its table at 80x24 and at 200x60, sizes that change while it runs, what is left behind however it ends, no colour, no
 * terminal, 20,000 findings, hostile names. Screens are left in `test/out/ui/` (`.txt`, and `.ansi` with colours): look at them after a change.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { providers } from '../../../src/providers/index.ts';
import { platforms } from '../../../src/platforms/index.ts';
import { render } from '../../../src/report/index.ts';
import { hostileInventory, plainOptions, richInventory } from '../../report-sample.ts';
import { Proof } from '../github/checks.ts';
import { DEKEY, Kit, requireBuild } from '../kit.ts';
import { madeUp } from '../reports/made-up.ts';
import { driveKeys } from './keys.ts';
import { findTmux, Terminal, type TerminalOptions } from './tmux.ts';
import { supportBot } from './world.ts';

const SIZES = [[80, 24], [200, 60]] as const;
const LIST = / Enter open /;
const FINDINGS = 20_000;
/** Of the best of five: the machine has other things to do. */
const MOST_MS = 500;

interface World {
  readonly kit: Kit;
  readonly proof: Proof;
  readonly folder: string;
  readonly open: (options: Partial<TerminalOptions> & Pick<TerminalOptions, 'columns' | 'rows'>) => Terminal;
  readonly shoot: (terminal: Terminal, name: string) => void;
}

/** Gives the exit code. A missing tmux is a failure in CI, and a message elsewhere. */
export async function runUi(): Promise<number> {
  requireBuild();
  const proof = new Proof('ui');
  const tmux = findTmux();
  if (tmux === undefined) {
    const isCi = (process.env['CI'] ?? '') !== '';
    process.stdout.write(`${isCi ? '  FAILED ' : ''}ui: no tmux on the PATH: no screen was looked at (Debian: apt-get install tmux)\n`);
    return isCi ? 1 : 0;
  }
  const out = join(process.cwd(), 'test', 'out', 'ui');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const kit = new Kit(77);
  const folder = supportBot(kit);
  const run = async (name: string, track: (world: World) => Promise<void>): Promise<void> => {
    const began = performance.now();
    const terminals: Terminal[] = [];
    const world: World = {
      kit, proof, folder,
      open: (options) => {
        const terminal = new Terminal(tmux, { cwd: folder, home: kit.home, ...options });
        terminals.push(terminal);
        return terminal;
      },
      shoot: (terminal, shot) => {
        const text = terminal.screen();
        kit.keep(`screen ${shot}`, text);
        writeFileSync(join(out, `${shot}.txt`), `${text}\n`);
        writeFileSync(join(out, `${shot}.ansi`), terminal.styled());
      },
    };
    try {
      await track(world);
    } catch (error) {
      proof.check(false, `${name}: ${error instanceof Error ? error.message : 'failed'}`);
    }
    for (const terminal of terminals) {
      kit.keep(`bytes of ${name}`, terminal.raw());
      terminal.close();
    }
    proof.say(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  };
  // Those that write nothing and measure nothing may run beside each other: most of it is waiting.
  await Promise.all([run('keys', proveKeys), run('leaving', proveLeaving)]);
  await Promise.all([run('sizes', proveSizes), run('colours', proveColours), run('no terminal', proveNoTerminal)]);
  await run('writing', proveWriting);
  await run('many', proveMany);
  await run('hostile names', proveHostile);
  await run('progress', proveProgress);
  for (const leak of kit.sweep()) proof.check(false, `a planted key stands in ${leak}`);
  proof.say(`${kit.swept.artefacts} texts searched for planted keys; screens are in test/out/ui`);
  kit.remove();
  process.stdout.write(`${[...proof.lines, ...(proof.failures.length === 0 ? ['All hold.'] : proof.failures.map((failure) => `  FAILED ${failure}`))].join('\n')}\n`);
  return proof.failures.length === 0 ? 0 : 1;
}

function start(terminal: Terminal, rest = ''): void {
  terminal.press('C-l');
  // A variable of the run would make it print text.
  terminal.type(`'${process.execPath}' '${DEKEY}' ui ${rest}; echo "ended-$?"`);
  terminal.press('Enter');
}

async function started(terminal: Terminal, rest = ''): Promise<void> {
  start(terminal, rest);
  await terminal.until('the list', LIST);
}

// --- every key ---

async function proveKeys({ open, proof, shoot }: World): Promise<void> {
  await Promise.all(SIZES.map(async ([columns, rows]) => {
    const terminal = open({ columns, rows });
    await started(terminal);
    shoot(terminal, `${columns}x${rows}-list`);
    await driveKeys(terminal, proof, columns < 100 ? 1000 : 16_000, (name) => shoot(terminal, `${columns}x${rows}-${name}`));
    for (const line of terminal.screen().split('\n')) proof.check(line.length <= columns, `a line is wider than ${columns}: ${line}`);
    terminal.type('x');
    terminal.type('/nightly');
    await terminal.until('a text is looked for as it is typed', / \d+ of \d+ shown/);
    shoot(terminal, `${columns}x${rows}-searched`);
    terminal.press('Enter', 'Escape');
    // Something is chosen by now, and in no file.
    terminal.type('q');
    await terminal.until('q asks', /not written\. Leave all the same\?/);
    shoot(terminal, `${columns}x${rows}-quit`);
    terminal.type('y');
    await terminal.until('q leaves', /^ended-0$/m);
  }));
}

// --- the plan ---

async function proveWriting({ open, proof, shoot, kit, folder }: World): Promise<void> {
  const terminal = open({ columns: 80, rows: 24 });
  await started(terminal);
  const write = async (name: string): Promise<void> => {
    terminal.type('w');
    await terminal.until('a name is asked for', /to: dekey-plan\.json/);
    if (name !== '') {
      terminal.press('C-u');
      terminal.type(name);
    }
    terminal.press('Enter');
  };
  terminal.press('Space');
  await terminal.until('a choice', /migrations chosen/);
  await write('');
  await terminal.until('written', /Written: dekey-plan\.json/);
  shoot(terminal, '80x24-written');
  const file = join(folder, 'dekey-plan.json');
  const text = kit.keepFile(file);
  const plan: { readonly schemaVersion: string; readonly migrations: readonly { readonly provider: string }[]; readonly files: readonly unknown[]; readonly identities: readonly unknown[] } = JSON.parse(text);
  proof.equal([plan.schemaVersion, plan.files, plan.migrations.every(({ provider }) => provider === 'anthropic'), plan.migrations.length > 1, plan.identities.length > 0], ['1.0', [], true, true, true], 'the plan');
  proof.equal((statSync(file).mode & 0o777).toString(8), '600', 'mode of the plan');
  proof.equal(kit.git(folder, ['status', '--porcelain']), '?? dekey-plan.json', 'what is new in the repository');
  const applied = kit.dekey(['apply', 'dekey-plan.json'], { cwd: folder });
  proof.check(applied.code <= 1 && applied.stdout.includes('+      id-token: write'), `dekey apply of it said ${applied.code}: ${applied.stderr}${applied.stdout.slice(0, 300)}`);

  // Another choice over the same file: only when somebody says so.
  terminal.press('Down', 'Space');
  await write('');
  await terminal.until('it is there', /dekey-plan\.json is there already\. Replace it\?/);
  shoot(terminal, '80x24-overwrite');
  terminal.type('n');
  await terminal.until('not written', /Nothing was written/);
  proof.equal(readFileSync(file, 'utf8') === text, true, 'the file after no');
  await write('');
  await terminal.until('it is there', /Replace it\?/);
  terminal.type('y');
  await terminal.until('written', /Written: dekey-plan\.json/);
  proof.equal(readFileSync(file, 'utf8') === text, false, 'the file is the old one after yes');
  kit.keepFile(file);

  await write('plans/new');
  await terminal.until('a folder', /Written: plans\/new\./);
  proof.equal(kit.files(join(folder, 'plans', 'new')).filter((name) => ['plan.json', 'README.md'].includes(name)).toSorted(), ['README.md', 'plan.json'], 'the folder of a plan');
  await write('src');
  await terminal.until('a folder of somebody', /it holds other files/);
  await write('no/such/folder.json');
  await terminal.until('no folder', /folder\.json/);
  shoot(terminal, '80x24-not-written');
  terminal.type('q');
  const end = await terminal.until('left', /^ended-0$/m);
  proof.check(/^Plan of 4 migrations written to dekey-plan\.json\n {2}dekey apply dekey-plan\.json {3}shows the diff$/m.test(end) && !/Plan of 3/.test(end), `what stays on the screen is ${end}`);
  rmSync(join(folder, 'plans'), { recursive: true, force: true });
  rmSync(file);
  proof.equal(kit.git(folder, ['status', '--porcelain']), '', 'what is left in the repository');
}

// --- however it ends ---

async function proveLeaving({ open, proof, kit, folder, shoot }: World): Promise<void> {
  const terminal = open({ columns: 80, rows: 24 });
  const settings = async (name: string): Promise<string> => {
    await terminal.shell(`stty -g > '${join(kit.home, name)}'`);
    return readFileSync(join(kit.home, name), 'utf8');
  };
  const before = await settings('stty-before');
  const facts = (): readonly string[] => ['alternate_on', 'cursor_flag', 'wrap_flag', 'insert_flag', 'mouse_any_flag'].map((name) => `${name}=${terminal.fact(name)}`);
  const sane = facts();
  const ends: readonly (readonly [string, readonly string[], (pid: number) => void, string])[] = [
    ['q in the list', [], () => terminal.type('q'), '0'],
    ['Ctrl-C in the list', [], () => terminal.press('C-c'), '130'],
    ['Ctrl-C in the details', ['Enter'], () => terminal.press('C-c'), '130'],
    ['Ctrl-C at the search', ['/'], () => terminal.press('C-c'), '130'],
    ['Ctrl-C at a question', ['Space', 'w'], () => terminal.press('C-c'), '130'],
    ['Ctrl-C in the help', ['?'], () => terminal.press('C-c'), '130'],
    ['Ctrl-C while the diff is made', ['d'], () => terminal.press('C-c'), '130'],
    ['SIGINT from outside', [], (pid) => process.kill(pid, 'SIGINT'), '130'],
    ['SIGTERM', [], (pid) => process.kill(pid, 'SIGTERM'), '143'],
    ['SIGHUP', [], (pid) => process.kill(pid, 'SIGHUP'), '129'],
  ];
  for (const [what, keys, end, code] of ends) {
    await terminal.shell('echo what stood here before');
    terminal.type(`bash -c 'echo $$ > "${join(kit.home, 'pid')}"; exec "${process.execPath}" "${DEKEY}" ui'; echo "ended-$?"`);
    terminal.press('Enter');
    await terminal.until('the list', LIST);
    proof.equal(facts().slice(0, 2), ['alternate_on=1', 'cursor_flag=0'], `${what}: while it runs`);
    if (keys.length > 0) terminal.press(...keys);
    end(Number(readFileSync(join(kit.home, 'pid'), 'utf8')));
    const screen = await terminal.until(what, /^ended-\d+$/m);
    proof.check(screen.includes(`ended-${code}`), `${what}: the code is not ${code} in ${screen}`);
    proof.check(screen.includes('what stood here before') && !LIST.test(screen), `${what}: the screen from before is not back: ${screen}`);
    proof.equal(facts(), sane, `${what}: the terminal`);
    proof.equal(await settings('stty-after'), before, `${what}: settings of the terminal`);
  }
  // A fault: here an inventory that no version of ours can have written, which is seen when the key is opened.
  const odd = richInventory();
  const [last] = odd.credentials.toSorted((a, b) => a.risk.score - b.risk.score);
  writeFileSync(join(kit.home, 'odd.json'), JSON.stringify({ ...odd, credentials: odd.credentials.map((one) => (one === last ? { ...one, risk: { ...one.risk, factors: [{}] } } : one)) }));
  await terminal.shell('clear');
  start(terminal, `'${join(kit.home, 'odd.json')}'`);
  await terminal.until('the list', LIST);
  terminal.type('/');
  terminal.type(last?.preview ?? '');
  terminal.press('Enter', 'Enter');
  const fault = await terminal.until('a fault', /^ended-\d$/m);
  proof.check(/internal error \(TypeError\)/.test(fault) && fault.includes('ended-4'), `a fault: ${fault}`);
  proof.equal([facts(), await settings('stty-after')], [sane, before], 'a fault: the terminal');
  // In the middle of a scan.
  const large = manyFiles(kit);
  await terminal.shell('clear');
  start(terminal, `'${large}'`);
  await terminal.until('the scan', /left +about/);
  shoot(terminal, '80x24-scanning');
  terminal.press('C-c');
  await terminal.until('Ctrl-C in a scan', /^ended-130$/m);
  proof.equal(facts(), sane, 'Ctrl-C in a scan: the terminal');
  proof.equal(await settings('stty-after'), before, 'Ctrl-C in a scan: settings of the terminal');
  proof.equal(kit.git(folder, ['status', '--porcelain']), '', 'what was written meanwhile');
}

const MANY = 160;

/** Takes some seconds to read on any machine, and the room of one file. */
function manyFiles(kit: Kit): string {
  const folder = kit.folder('large');
  const first = join(folder, 'log-0.txt');
  writeFileSync(first, 'a line of a file in which there is nothing to be found whatsoever, api_key or not\n'.repeat(220_000));
  for (let index = 1; index < MANY; index += 1) linkSync(first, join(folder, `log-${index}.txt`));
  return folder;
}

// --- sizes ---

async function proveSizes({ open, proof, shoot }: World): Promise<void> {
  const terminal = open({ columns: 80, rows: 24 });
  await started(terminal);
  terminal.press('End');
  await terminal.until('the last', (screen) => /^> /m.test(screen) && /^ (\d+) of \1 /m.test(screen));
  const resize = async (columns: number, rows: number, what: string, fits: RegExp): Promise<void> => {
    terminal.resize(columns, rows);
    // Its last line is the last of the screen when it has been drawn anew.
    const screen = await terminal.until(what, (now) => fits.test(now) && (/needs 60x15/.test(now) || now.split('\n').length === rows));
    shoot(terminal, `resized-${columns}x${rows}`);
    for (const line of screen.split('\n')) proof.check(line.length <= columns, `${what}: a line is wider than ${columns}: ${line}`);
  };
  await resize(200, 60, 'side by side', /^ +risk +key .* replace +\u2502/m);
  await resize(80, 60, 'one above the other', /^\u2500{80}$/m);
  await resize(60, 15, 'the smallest', /^> /m);
  await resize(50, 12, 'too small', /dekey ui needs 60x15/);
  await resize(20, 4, 'far too small', /needs 60x15/);
  await resize(152, 30, 'and back', /^> .*\u2502/m);
  await resize(80, 24, 'as it was', /^ (\d+) of \1 /m);
  terminal.type('d');
  await terminal.until('a diff or a reason', /nothing is written|Nothing|No change to show/);
  terminal.press('Escape', 'Home', 'd');
  await terminal.until('a diff', /@@|unsafe|safe/);
  await resize(70, 20, 'a diff wraps', /^(?!.{71})[\s\S]*unsafe[\s\S]*nothing is written/);
  await resize(160, 40, 'and unwraps', /^ {10}.{75,}$/m);
  // Many at once, as when a window is dragged: the last counts.
  for (let columns = 100; columns < 140; columns += 4) terminal.resize(columns, 30);
  terminal.press('Escape');
  await resize(90, 30, 'the last size', LIST);
  proof.equal(terminal.fact('alternate_on'), '1', 'the other screen');
  terminal.type('q');
  await terminal.until('left', /^ended-0$/m);
}

// --- colours ---

const COLOURED = /\u001b\[(?:[1-9]|[0-9]+;)[0-9;]*m/;

async function proveColours({ open, proof, shoot }: World): Promise<void> {
  for (const [name, env, rest, isColoured] of [['no-color', { NO_COLOR: '1' }, '', false], ['flag', {}, '--no-color', false], ['coloured', {}, '', true]] as const) {
    const terminal = open({ columns: 80, rows: 24, env });
    await started(terminal, rest);
    terminal.press('Down', 'Space');
    await terminal.until('a sign for the row, and one for the choice', /^> \[[x ]\]/m);
    terminal.press('Enter');
    await terminal.until('details', / n N mark /);
    shoot(terminal, `80x24-${name}`);
    const bytes = screenBytes(terminal);
    proof.equal(COLOURED.test(bytes), isColoured, `${name}: colours`);
    terminal.press('C-c');
    await terminal.until('left', /^ended-130$/m);
  }
  const terminal = open({ columns: 80, rows: 24, env: { LANG: 'C', LC_ALL: 'C' } });
  await started(terminal);
  terminal.press('Enter');
  await terminal.until('details', / n N mark /);
  shoot(terminal, '80x24-ascii');
  const odd = /[\u0080-\u00ff]/.exec(screenBytes(terminal));
  proof.check(odd === null, 'without UTF-8 a byte above ASCII is written');
  terminal.press('C-c');
  await terminal.until('left', /^ended-130$/m);
}

/** What was written between the beginning and the end of the other screen. */
function screenBytes(terminal: Terminal): string {
  const raw = terminal.raw();
  const from = raw.lastIndexOf('\u001b[?1049h');
  const to = raw.indexOf('\u001b[?1049l', from);
  return raw.slice(from, to < 0 ? raw.length : to);
}

// --- where there is no terminal ---

async function proveNoTerminal({ kit, proof, folder, open }: World): Promise<void> {
  const timeless = (text: string): string => text.replace(/\d+\.\d s\b/g, 'N s');
  const scanned = kit.dekey(['scan'], { cwd: folder });
  const shown = kit.dekey(['ui'], { cwd: folder });
  proof.equal(timeless(shown.stdout), timeless(scanned.stdout), 'without a terminal: the report');
  proof.equal([shown.code, shown.stderr.split('\n').length], [scanned.code, 2], 'without a terminal: the code, and a line that says so');
  kit.dekey(['scan', '--format', 'json', '-o', join(kit.home, 'inventory.json')], { cwd: folder });
  const saved = kit.dekey(['ui', join(kit.home, 'inventory.json')], { cwd: folder });
  proof.check(saved.code === scanned.code && saved.stdout.includes('Path to zero') && saved.stderr.includes('text report'), `a saved inventory without a terminal: ${saved.code} ${saved.stdout}`);
  proof.equal(kit.dekey(['ui', 'no-such-folder'], { cwd: folder }).code, 2, 'a folder that is not there');

  const terminal = open({ columns: 100, rows: 50 });
  for (const command of [`'${process.execPath}' '${DEKEY}' ui | cat`, `'${process.execPath}' '${DEKEY}' ui < /dev/null`, `TERM=dumb '${process.execPath}' '${DEKEY}' ui`, `CI=1 '${process.execPath}' '${DEKEY}' ui`]) {
    const screen = await terminal.shell(command);
    proof.check(/Path to zero/.test(screen), `${command}: ${screen}`);
  }
  const nowhere = await terminal.shell(`'${process.execPath}' '${DEKEY}' ui no-such-folder`);
  proof.check(/there is no no-such-folder/.test(nowhere), nowhere);
  proof.check(!terminal.raw().includes('\u001b[?1049h'), 'the other screen was opened where it may not be');
}

// --- many, and hostile ---

async function proveMany({ open, proof, shoot, kit }: World): Promise<void> {
  const file = join(kit.home, 'acme.json');
  writeFileSync(file, await render('json', madeUp(FINDINGS), { providers, platforms, width: 100, color: false, verbose: false, failOn: 'high' }));
  const terminal = open({ columns: 200, rows: 60 });
  const began = performance.now();
  await started(terminal, `'${file}'`);
  const opened = performance.now() - began;
  shoot(terminal, '200x60-many');
  const times: string[] = [];
  const measure = async (what: string, act: () => void, undo: () => void, fits: RegExp, fitsBefore: RegExp): Promise<void> => {
    let best = Infinity;
    for (let round = 0; round < 5; round += 1) {
      const from = performance.now();
      act();
      await terminal.until(what, fits);
      best = Math.min(best, performance.now() - from);
      undo();
      await terminal.until(`before ${what}`, fitsBefore);
    }
    times.push(`${what} ${Math.round(best)} ms`);
    proof.check(best < MOST_MS, `${what} took ${Math.round(best)} ms among ${FINDINGS} findings`);
  };
  await measure('to the last', () => terminal.type('G'), () => terminal.type('g'), /^ ([\d,]+) of \1 /m, /^ 1 of /m);
  await measure('one down', () => terminal.type('j'), () => terminal.type('k'), /^ 2 of /m, /^ 1 of /m);
  await measure('a page down', () => terminal.press('PageDown'), () => terminal.type('g'), /^ (?:[2-9]\d|1\d\d) of /m, /^ 1 of /m);
  await measure('to filter', () => terminal.type('s'), () => terminal.type('x'), / shown/, /every level/);
  await measure('to choose all', () => terminal.type('a'), () => terminal.type('a'), /[\d,]{3,} migrations chosen/, /nothing chosen/);
  // Held down: what is typed ahead is not left behind.
  const from = performance.now();
  terminal.type('j'.repeat(300));
  await terminal.until('300 keys', /^ 301 of /m);
  const held = performance.now() - from;
  proof.check(held < 6000, `300 keys took ${Math.round(held)} ms`);
  proof.say(`${FINDINGS} findings: opened in ${Math.round(opened)} ms; ${times.join(', ')}; 300 keys ${Math.round(held)} ms`);
  terminal.press('C-c');
  await terminal.until('left', /^ended-130$/m);
}

/** All that we write on purpose: places, erasing, the other screen, the cursor, wrapping and styles. */
const OURS = /\u001b\[(?:\?1049[hl]|\?25[hl]|\?7[hl]|2[JK]|\d+;1H|[0-9;]*m)/g;

async function proveHostile({ open, proof, shoot, kit }: World): Promise<void> {
  const file = join(kit.home, 'hostile.json');
  writeFileSync(file, await render('json', hostileInventory(), plainOptions));
  const terminal = open({ columns: 120, rows: 40 });
  const title = terminal.fact('pane_title');
  await started(terminal, `'${file}'`);
  terminal.press('Enter');
  await terminal.until('details', / n N mark /);
  shoot(terminal, '120x40-hostile');
  for (let page = 0; page < 25; page += 1) terminal.press('PageDown');
  terminal.press('d');
  await terminal.until('a word on files that are not here', /No change|no folder here|nothing is written/);
  shoot(terminal, '120x40-hostile-diff');
  const rest = Buffer.from(screenBytes(terminal), 'latin1').toString('utf8').replace(OURS, '');
  const acting = /[\u0000-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069]/.exec(rest);
  proof.check(acting === null, `a character that acts was written: ${JSON.stringify(acting?.[0])} in ${JSON.stringify(rest.slice(Math.max(0, (acting?.index ?? 0) - 40), (acting?.index ?? 0) + 20))}`);
  proof.equal(terminal.fact('pane_title'), title, 'the title of the terminal');
  terminal.press('C-c');
  await terminal.until('left', /^ended-130$/m);
}

// --- progress of a scan ---

async function proveProgress({ open, proof, shoot, kit }: World): Promise<void> {
  const large = manyFiles(kit);
  const terminal = open({ columns: 80, rows: 24 });
  for (const workers of ['', ' --workers 1']) {
    await terminal.shell('clear');
    terminal.type(`'${process.execPath}' '${DEKEY}' scan '${large}' -o report.txt${workers}; echo "ended-$?"`);
    terminal.press('Enter');
    const screen = await terminal.until('a bar', /^ \[=+ *\] +\d+ % .*MB\/s.* left$/m);
    shoot(terminal, `80x24-scan-progress${workers === '' ? '' : '-one-thread'}`);
    proof.check(new RegExp(` of ${MANY} files`).test(screen), `progress: ${screen}`);
    terminal.press('C-c');
    const end = await terminal.until('Ctrl-C', /^ended-130$/m);
    proof.check(!/\[=/.test(end), `the bar is left: ${end}`);
    proof.equal([terminal.fact('cursor_flag'), kit.files(large).includes('report.txt')], ['1', false], 'after Ctrl-C: the cursor, and no report');
  }
  const whole = await terminal.shell(`'${process.execPath}' '${DEKEY}' scan '${large}' --include 'log-1?.txt' | tail -1`);
  proof.check(!/\[=/.test(whole), `the bar is left at the end: ${whole}`);
}
