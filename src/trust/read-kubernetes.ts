/** Kubernetes manifests: which identity pods run as, and for whom their tokens are. */
import { get, itemsOf, textOf, type YamlFile, type YamlNode } from '../support/yaml.ts';
import { below, type KubernetesFacts, type KubernetesToken, type TrustReading } from './model.ts';
import { duplicatesOf, mapsIn } from './yaml.ts';

/** Where the kubelet puts the token for the cluster's own API server. */
const DEFAULT_TOKEN = /^\/var\/run\/secrets\/kubernetes\.io\/serviceaccount(?:\/|$)/;

/** Reads all documents of a manifest; the first part of a place is the number of the document. Never throws. */
export function readKubernetesWorkload(file: YamlFile): TrustReading {
  const documents = file.documents.flatMap((root, index) => {
    const place = below('', index);
    const maps = mapsIn(root, place);
    const specs = maps.filter(({ node }) => get(node, 'containers')?.kind === 'seq');
    const secrets = maps.filter(({ node }) => textOf(get(node, 'kind')) === 'Secret' && textOf(get(node, 'type')) === 'kubernetes.io/service-account-token');
    const duplicateKeys = duplicatesOf(root, place);
    if (specs.length === 0 && secrets.length === 0 && duplicateKeys.length === 0) return [];
    const name = textOf(get(get(root, 'metadata'), 'name')) ?? '';
    const perPod = specs.map(({ node, place: at }) => ({ node, at, tokens: tokensOf(node, at) }));
    const kubernetes: KubernetesFacts = {
      pods: perPod.map(({ node, at, tokens }) => ({
        place: at,
        name,
        serviceAccount: textOf(get(node, 'serviceAccountName')) ?? textOf(get(node, 'serviceAccount')) ?? '',
        hasToken: tokens.length > 0,
      })),
      tokens: [...perPod.flatMap(({ tokens }) => tokens), ...secrets.map(({ place: at }) => ({ place: at, kind: 'legacy-secret' as const }))],
    };
    return [{ party: 'kubernetes' as const, arms: [], duplicateKeys, kubernetes }];
  });
  const problems = file.problems
    .filter(({ message }) => !message.startsWith('duplicate key'))
    .map(({ line, message }) => ({ place: '', message: `line ${line}: ${message}` }));
  return { documents, problems };
}

function tokensOf(spec: YamlNode, place: string): readonly KubernetesToken[] {
  const projected = itemsOf(get(spec, 'volumes')).flatMap((volume, index) => {
    // In a dump of a live pod this one was added by the cluster, for its own API.
    if (textOf(get(volume, 'name'))?.startsWith('kube-api-access-')) return [];
    return itemsOf(get(get(volume, 'projected'), 'sources')).flatMap((source, number): readonly KubernetesToken[] => {
      const token = get(source, 'serviceAccountToken');
      if (token === undefined) return [];
      const audience = textOf(get(token, 'audience'));
      const seconds = Number(textOf(get(token, 'expirationSeconds')) ?? '3600');
      return [
        {
          place: below(place, 'volumes', index, 'projected', 'sources', number, 'serviceAccountToken'),
          kind: 'projected',
          ...(audience === undefined || audience === '' ? {} : { audience }),
          ...(Number.isFinite(seconds) ? { expirationSeconds: seconds } : {}),
        },
      ];
    });
  });
  const handed = ['containers', 'initContainers'].flatMap((kind) =>
    itemsOf(get(spec, kind)).flatMap((container, index) =>
      itemsOf(get(container, 'env')).flatMap((variable, number): readonly KubernetesToken[] => {
        const isTokenFile = /TOKEN_FILE(?:PATH)?$/.test(textOf(get(variable, 'name')) ?? '');
        return isTokenFile && DEFAULT_TOKEN.test(textOf(get(variable, 'value')) ?? '')
          ? [{ place: below(place, kind, index, 'env', number), kind: 'default-mount' }]
          : [];
      }),
    ),
  );
  return [...projected, ...handed];
}
