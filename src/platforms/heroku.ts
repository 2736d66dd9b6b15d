import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, entriesOf, routeTo, textOf } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, NO_IDENTITY, type WorkloadSeed } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';

/** Heroku applications: `app.json`, `heroku.yml`, and the processes of a `Procfile`. */
export const platform: Platform = {
  id: 'heroku',
  title: 'Heroku',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'Heroku gives dynos no identity token.',
    unblock: 'Move the call to a platform that does, or keep the key scoped, capped and rotated.',
    source: 'https://devcenter.heroku.com/articles/config-vars',
  },
  matches(file: TextFile): boolean {
    const name = baseName(file.path);
    if (name === 'app.json') return file.text.includes('"env"');
    return name === 'heroku.yml' || /^Procfile(?:\.[\w-]+)?$/.test(name);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'heroku', names);
    const name = baseName(file.path);
    if (name.startsWith('Procfile')) {
      readProcesses(draft);
      return draft.done();
    }
    for (const root of readTrees(draft)) {
      const workload: WorkloadSeed = { key: 'app', name: textOf(childOf(root, 'name')) ?? name, route: '', start: 0, end: 0, identity: NO_IDENTITY };
      // In `env` the text beside a name is a description, or a default.
      for (const entry of entriesOf(childOf(root, 'env'))) {
        const match = names.lookup(entry.key);
        const place = { start: entry.keyStart, end: entry.keyEnd };
        if (match !== undefined) draft.reference(workload, match, { name: entry.key, store: 'environment', route: routeTo('env', entry.key), place });
      }
      bindTree(draft, workload, root, '');
    }
    return draft.done();
  },
};

function readProcesses(draft: Draft): void {
  for (const line of draft.text.matchAll(/^([A-Za-z][\w-]{0,63}):[ \t]*(\S.*)$/gm)) {
    const name = line[1] ?? '';
    const command = line[2] ?? '';
    const end = line.index + line[0].length;
    const workload: WorkloadSeed = { key: name, name, route: name, start: line.index, end, identity: NO_IDENTITY };
    draft.shell(workload, { start: end - command.length, end }, name);
  }
}
