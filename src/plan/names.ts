import type { TokenShape, WorkloadContext } from '../model/issuer.ts';

/** The shortest limit of any party: ids of workload identity providers at Google. */
const LONGEST = 32;

/** A name for the identity of a workload, before it is made unique: repository, then what the token is bound to, or the workload. */
export function identityName(context: WorkloadContext, shape: TokenShape): string {
  const parts = [context.repository?.name ?? '', environmentOf(shape), boundTo(shape) ?? ''].filter((part) => part !== '');
  const workflow = shape.claims.some(({ claim }) => claim === 'job_workflow_ref') ? /([^/]+?)(?:\.lock)?\.ya?ml$/.exec(context.path)?.[1] : undefined;
  const repository = context.repository?.name ?? '';
  if (workflow !== undefined) {
    const bound = boundTo(shape) ?? '';
    // What tells runs of one workflow apart is never what is cut off.
    const room = LONGEST - (bound.length > LONGEST / 2 ? 0 : bound.length + 1);
    const head = repository === '' || workflow.startsWith(repository) ? '' : `${shortened(repository, room - workflow.length - 1)}-`;
    return slug(`${head}${head.length + workflow.length <= room ? workflow : shortened(workflow, room - head.length)}-${bound}`);
  }
  const own = context.name.replace(/\.(?:ya?ml|json|toml|tf)\b/g, '');
  const subject = shape.subject.text?.filter((part) => typeof part === 'string').join('') ?? '';
  const isRepositoryWide = /:(?:ref|environment|pull_request)/.test(subject) && parts.length > 1;
  return slug(isRepositoryWide ? parts.join('-') : [context.repository?.name ?? '', own].join('-'));
}

/** The environment that the token names, where it is known. */
function environmentOf({ claims }: TokenShape): string {
  const value = claims.find(({ claim }) => claim === 'environment')?.value ?? [];
  return value.every((part) => typeof part === 'string') ? value.join('') : '';
}

/** As much of a name as there is room for: whole words, and at least the first. */
function shortened(name: string, room: number): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  let kept = words[0] ?? '';
  for (const word of words.slice(1)) {
    if (kept.length + 1 + word.length > room) break;
    kept = `${kept}-${word}`;
  }
  return kept.slice(0, Math.max(room, 8));
}

/** `main` of `...:ref:refs/heads/main`. */
function boundTo(shape: TokenShape): string | undefined {
  const text = (shape.subject.text ?? []).map((part) => (typeof part === 'string' ? part : '')).join('');
  if (text.endsWith(':pull_request')) return 'pull-request';
  if (/:ref:refs\/(?:heads|tags)\/$/.test(text)) return text.endsWith('tags/') ? 'tag' : 'branch';
  return /:ref:(?:refs\/(?:heads|tags)\/)?([^:]+)$/.exec(text)?.[1];
}

function slug(text: string): string {
  const clean = cut(text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, ''));
  return clean.length < 4 || clean.startsWith('gcp-') ? `workload-${clean}`.slice(0, LONGEST).replace(/-+$/, '') : clean;
}

/** At most as long as every party takes, and where there is a choice not in the middle of a word. */
function cut(text: string, longest = LONGEST): string {
  if (text.length <= longest) return text;
  const short = text.slice(0, longest);
  const end = text[longest] === '-' ? longest : short.lastIndexOf('-');
  return short.slice(0, end < longest / 2 ? longest : end).replace(/-+$/, '');
}

/** `name`, or with the first number that makes it new. `taken` holds the names given out and, by name, the last number tried. */
export function uniqueName(name: string, taken: Map<string, number>): string {
  let result = name;
  for (let number = taken.get(name) ?? 1; taken.has(result); ) {
    number += 1;
    taken.set(name, number);
    const tail = `-${number}`;
    result = `${cut(name, LONGEST - tail.length)}${tail}`;
  }
  taken.set(result, 1);
  return result;
}
