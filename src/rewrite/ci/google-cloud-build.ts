import type { FileRefusal, Replacement, Rewriter } from '../types.ts';
import { FILES, nothing } from './_file.ts';
import { isSetup, setupOf } from './_way.ts';

/**
 * Builds of Google Cloud. No edit is made: what a step can ask the metadata server for depends on its image and on the service account of the build, and neither is in the file.
 * https://cloud.google.com/build/docs/securing-builds/use-secrets, 2026-11-23
 */
export const rewriter: Rewriter = {
  id: 'google-cloud-build',
  matches: (path) => FILES['google-cloud-build'].test(path),
  rewrite(path, _, context) {
    // Only those that this file declares: scans also find them under other platforms of the same path.
    const own = context.own.filter((replacement) => replacement.path === path);
    if (own.length === 0) return nothing;
    const refusals = own.map((replacement): FileRefusal => {
      const setup = setupOf(replacement, context);
      const base = { line: replacement.line, migrations: [replacement.migration], shadows: false };
      if (!isSetup(setup)) return { ...base, ...setup };
      return {
        ...base,
        code: 'unknown-shape',
        reason: 'The step has to ask the metadata server for its token, and whether its image can is not said in the file.',
        byHand: byHand(replacement, setup.way.kind === 'google' ? undefined : setup.way.kind === 'file' ? setup.way.variable : (setup.way.file ?? setup.way.variable)),
      };
    });
    return { changes: [], refusals };
  },
};

function byHand({ names, title }: Replacement, variable: string | undefined): string {
  const away = `take ${names.join(', ')} out of secretEnv and availableSecrets`;
  if (variable === undefined) return `Run the build as a service account that may use ${title}, and ${away}: client libraries find its identity by themselves.`;
  return `Run the build as a service account of its own, let the step write the identity token of the metadata server to a file, name it in ${variable}, and ${away}.`;
}
