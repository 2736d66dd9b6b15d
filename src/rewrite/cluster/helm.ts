import { isHelmTemplate, isHelmValues } from '../../platforms/_shared/file-names.ts';
import { LineIndex } from '../../support/lines.ts';
import { CannotRewrite } from '../cannot.ts';
import type { FileRefusal, Replacement, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import { looksLikeManifest } from './_objects.ts';
import { CONFIG_MAP, CLUSTERS, podPath } from './_path.ts';
import { keyNames } from './_pod.ts';

/**
 * Charts. What a value becomes shows only when the chart is rendered, and which account its pods run as does too, so none is edited: each is told exactly what its pod
 * has to have.
 */
export const helm: Rewriter = {
  id: 'helm',
  matches: (path, text) => isHelmValues(path) || isHelmTemplate(path, text) || (text.includes('{{') && looksLikeManifest(path, text)) || /\.(?:ya?ml)\.(?:j2|tmpl|tpl|template|erb)$/i.test(path),
  rewrite(path, text, context): Rewriting {
    const own = context.own.filter(({ platform: runs }) => CLUSTERS.has(runs));
    return { changes: [], refusals: own.map((replacement) => refuse(path, text, replacement, context)) };
  },
};

function refuse(path: string, text: string, replacement: Replacement, context: RewriteContext): FileRefusal {
  const line = lineOf(text, replacement);
  const base = { line, migrations: [replacement.migration], shadows: false } as const;
  const isValues = isHelmValues(path);
  const reason = isValues
    ? `What becomes of this value shows only when the chart is rendered.`
    : 'This is a template: no manifest until it is rendered.';
  try {
    return { ...base, code: 'template', reason, byHand: byHand(replacement, context, isValues) };
  } catch (error) {
    if (error instanceof CannotRewrite) return { ...base, code: error.code, reason: error.message, byHand: error.byHand };
    throw error;
  }
}

/** The line of the first name of the key; that of the workload when none stands there. */
function lineOf(text: string, replacement: Replacement): number {
  const places = [...keyNames(replacement)].flatMap((name) => {
    const at = text.search(new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`));
    return at === -1 ? [] : [at];
  });
  return places.length === 0 ? replacement.line : new LineIndex(text).position(Math.min(...places)).line;
}

/** All that the pod has to have, in one sentence. @throws CannotRewrite where the path is none for a manifest */
function byHand(replacement: Replacement, context: RewriteContext, isValues: boolean): string {
  const path = podPath(replacement, context, false);
  const names = replacement.names.join(' and ');
  const values = path.variables.map(([name, value]) => (value.kind === 'literal' ? `${name}=${value.text}` : `${name} from ConfigMap ${CONFIG_MAP}, key ${value.key}`));
  const config = path.token?.credentialConfig === undefined ? '' : ` and key ${path.token.credentialConfig} of ConfigMap ${CONFIG_MAP} as credential-config.json`;
  const token = path.token === undefined ? '' : `mount a projected volume with serviceAccountToken (audience ${path.token.audience}, expirationSeconds ${path.token.seconds}, path token)${config} read-only at ${path.token.folder}, `;
  const account = isValues || replacement.workload.includes('.yaml') ? 'run the pod as a ServiceAccount of its own and trust that one' : `run the pod as ServiceAccount ${path.account}`;
  return `In the template of the pod ${account}, ${token}set ${values.join(', ')}, and take ${names} out of template and values.`;
}
