import { expect, test } from 'vitest';
import type { AppliedFile, ApplyResult } from '../src/model/apply.ts';
import { renderApplyText } from '../src/report/apply-text.ts';
import { plainPalette } from '../src/report/text-page.ts';

const REFUSAL: AppliedFile['refusals'][number] = { code: 'no-path', line: 3, reason: 'Groq has no federation.', byHand: 'Keep the key in one place.', migrations: [], shadows: false };

function file(target: string, path: string, refusals: AppliedFile['refusals']): AppliedFile {
  return { target, path, sha256: { before: null, after: null }, changes: [], declined: [], refusals, hunks: [] };
}

test('one thing to do by hand is said once a target, with all its places', () => {
  const files = [file('t0', 'a.yml', [REFUSAL, { ...REFUSAL, line: 9 }]), file('t0', 'b.yml', [REFUSAL]), file('t1', 'c.yml', [REFUSAL])];
  const result: ApplyResult = {
    schemaVersion: '1.0', tool: { name: 'dekey', version: '0.0.0' }, plan: '', targets: [{ id: 't0', name: 'app' }, { id: 't1', name: 'web' }], files, toSet: [], changedSince: [], written: false, rollback: null,
    summary: { files: 0, changes: 0, safe: 0, unsafe: 0, declined: 0, added: 0, removed: 0, refused: { 'no-path': 4 }, dropped: 0, leftovers: 0, madeBefore: 0 },
  };
  const text = renderApplyText(result, plainPalette, { width: 100, unicode: true, usedBy: () => undefined, prefix: (target) => (target === 't0' ? 'app/' : 'web/'), kind: 'apply', commands: { write: '', undo: '' }, allowLeftovers: false, asked: false });
  expect(text.match(/Groq has no federation/g)).toHaveLength(2);
  expect(text).toContain('So too: app/a.yml:9, app/b.yml:3\n');
  expect(text).not.toContain('\napp/b.yml\n');
  expect(text).toContain('web/c.yml');
});
