/** Where a script pushes to at Hugging Face: in the address of a remote, or as the arguments of an upload. */
const REMOTE = /huggingface\.co\/((?:spaces\/|datasets\/)?[\w.-]+\/[\w.-]+?)(?:\.git)?(?=["'\s]|$)/gm;
const UPLOAD = /\brepo_id\s*=\s*["']([\w.-]+\/[\w.-]+)["']/g;
const TYPE = /\brepo_type\s*=\s*["'](\w+)["']/g;
const COMMAND = /\b(?:hf|huggingface-cli) upload\s+(?:-\S+\s+)*([\w-][\w.-]*\/[\w.-]+)([^\n;&|]*)/g;

/** The one repository that scripts write to, as an exchange names it; undefined where none or several stand there, or one is computed. */
export function hubResource(scripts: readonly string[]): string | undefined {
  const found = new Set<string>();
  for (const script of scripts) {
    if (!/\bgit push\b|\bgit remote\b|\bupload_(?:folder|file|large_folder)\b|\bcreate_commit\b|\bupload\b/.test(script)) continue;
    for (const [, resource = ''] of script.matchAll(REMOTE)) if (!/^(?:api|docs|oauth)\//.test(resource)) found.add(resource);
    const kinds = new Set([...script.matchAll(TYPE)].map(([, kind = '']) => kind));
    const [kind = 'model', ...more] = kinds;
    for (const [, name = ''] of script.matchAll(UPLOAD)) found.add(more.length > 0 ? '' : `${prefixOf(kind)}${name}`);
    for (const [, name = '', options = ''] of script.matchAll(COMMAND)) found.add(`${prefixOf(/--(?:repo-)?type[ =](\w+)/.exec(options)?.[1] ?? 'model')}${name}`);
    // An address or a name that is put together when it runs.
    if (/huggingface\.co\/(?:spaces\/|datasets\/)?[^\s"']*\$|\brepo_id\s*=\s*(?!["'])/.test(script)) return undefined;
  }
  const [only, ...others] = found;
  return others.length > 0 || only === '' ? undefined : only;
}

function prefixOf(kind: string): string {
  return kind === 'space' ? 'spaces/' : kind === 'dataset' ? 'datasets/' : '';
}
