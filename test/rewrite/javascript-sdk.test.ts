/** One edited program with the real SDK; all of them: `proveJavascript`. Where the SDK was not installed before, nothing is tried: tests fetch nothing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeFolder } from '../../scripts/judges/install.ts';
import { proveJavascript } from '../e2e/apply/code-javascript.ts';

const isInstalled = ['anthropic', 'anthropic-floor'].every((name) => existsSync(join(judgeFolder, 'sdk-js', name, '.installed')));

describe.skipIf(!isInstalled)('edited programs with real SDKs', () => {
  test('Anthropic', { timeout: 60_000 }, async () => {
    expect(await proveJavascript(() => undefined, undefined, /^Anthropic, argument$/)).toEqual([]);
  });
});
