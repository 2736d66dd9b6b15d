import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { explainKubernetes } from '../../src/sources/kubernetes/explain.ts';
import { openKubernetes } from '../../src/sources/kubernetes/index.ts';
import { findCluster } from '../../src/sources/kubernetes/kubeconfig.ts';
import { loginOf } from '../../src/sources/kubernetes/login.ts';
import { objectOf, withoutCopies } from '../../src/sources/kubernetes/objects.ts';
import { RESOURCES } from '../../src/sources/kubernetes/resources.ts';
import { contextOf, credentialOf, gapsOf, type ReadSource, readSource, scanRead, usersOf } from '../e2e/accounts/cluster-scan.ts';
import { proveKubernetes } from '../e2e/accounts/kubernetes/prove.ts';
import { type FakeClusterOptions, startFakeCluster } from '../e2e/accounts/kubernetes/server.ts';
import { kubeconfig, type KubernetesWorld, startKubernetesWorld, TOKEN } from '../e2e/accounts/kubernetes/world.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function start(options: Partial<FakeClusterOptions> = {}): Promise<KubernetesWorld> {
  const world = await startKubernetesWorld(options);
  stops.push(world.stop);
  return world;
}

async function read(world: KubernetesWorld, rest = ''): Promise<ReadSource> {
  const given = await readSource(openKubernetes, rest, contextOf({ env: world.env, home: world.home, firstId: 3 }));
  expect(world.cluster.violations).toEqual([]);
  return given;
}

describe('kubernetes: what is read', () => {
  it('finds every key with its users, in a cluster of many pages, and invents none', async () => {
    expect((await proveKubernetes(1100)).failures).toEqual([]);
  });

  it('gives each namespace as a target, the cluster before them, and what it left out', async () => {
    const world = await start();
    const given = await read(world);
    expect(given.targets.map(({ id, name, kind }) => [id, name, kind])).toEqual([['t3', 'kubernetes:prod', 'kubernetes'], ['t4', 'kubernetes:prod/ai', 'kubernetes'], ['t5', 'kubernetes:prod/ai-dev', 'kubernetes']]);
    expect(given.targets[1]?.facts).toEqual({ context: 'prod', issuer: 'https://issuer.example.test/cluster-1', namespace: 'ai' });
    expect(gapsOf(given)).toEqual([
      ...Array.from({ length: 2 }, () => 'releases of Helm, which hold values that were given at install: sh.helm.release.v1.app.v1'),
      ...Array.from({ length: 2 }, () => 'tokens of service accounts that do not expire, for the cluster itself: robot-token'),
    ]);
  });

  it('tells the issuer and the projected tokens', async () => {
    const { accounts } = await read(await start());
    expect(accounts.stored).toEqual([]);
    expect(accounts.settings).toContainEqual({ target: 't3', kind: 'issuer', name: 'https://issuer.example.test/cluster-1', facts: { url: 'https://issuer.example.test/cluster-1' } });
    expect(accounts.settings).toContainEqual({ target: 't4', kind: 'token-projection', name: 'Pod/ai/shell', facts: { audience: 'https://api.anthropic.com', seconds: '600', serviceAccount: 'default' } });
  });

  it('writes manifests that are what the cluster holds, without its own notes', async () => {
    const world = await start();
    const text = (await read(world)).targets[1]?.texts.find(({ path }) => path === 'cluster/ai/secret/llm.yaml')?.text ?? '';
    const value: unknown = parse(text);
    expect(value).toMatchObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'llm', namespace: 'ai' }, stringData: { region: 'eu', OPENAI_API_KEY: world.planted[0]?.value } });
    expect(text).not.toMatch(/managedFields|resourceVersion/);
    expect(text).toContain('last-applied-configuration');
  });

  it('takes a workload for federated when its service account is', async () => {
    const inventory = await scanRead(await read(await start(), 'prod/ai'));
    expect(inventory.workloads.find(({ name }) => name === 'Deployment/worker')?.identity).toEqual({ kind: 'enabled', how: 'IAM role for the service account' });
    expect(inventory.workloads.find(({ name }) => name === 'Pod/shell')?.identity).toMatchObject({ kind: 'enabled' });
  });

  it('keeps one namespace apart from the other, though the names are the same', async () => {
    const world = await start();
    const inventory = await scanRead(await read(world));
    const [first] = world.planted;
    const second = world.planted.find(({ namespace }) => namespace === 'ai-dev');
    for (const planted of [first, second]) {
      if (planted === undefined) throw new Error('nothing planted');
      expect(usersOf(inventory, planted.value)).toEqual(planted.users);
      expect(credentialOf(inventory, planted.value)?.facts['ambiguous']).toBeUndefined();
    }
  });

  it('leaves values that are no text as they are', async () => {
    const object = { kind: 'Secret', type: 'Opaque', metadata: { name: 'store', namespace: 'ai' }, data: { 'key.jks': Buffer.from([0xfe, 0xed, 0, 1]).toString('base64') } };
    const given = await read(await start({ objects: [object] }), 'prod/ai');
    expect(parse(given.targets[0]?.texts[0]?.text ?? '')).toMatchObject({ data: { 'key.jks': '/u0AAQ==' } });
  });
});

describe('kubernetes: what may not be read', () => {
  it('lists namespace by namespace where only that is allowed, and says nothing is missing', async () => {
    const all = ['secrets', 'configmaps', 'serviceaccounts', 'deployments', 'statefulsets', 'daemonsets', 'replicasets', 'cronjobs', 'jobs', 'pods'];
    const grants = ['issuer', 'list namespaces', ...all.flatMap((plural) => [`list ${plural} in ai`, `list ${plural} in ai-dev`])];
    const world = await start({ grants });
    const given = await read(world);
    expect(gapsOf(given).filter((gap) => gap.startsWith('!'))).toEqual([]);
    const inventory = await scanRead(given);
    for (const { value, users } of world.planted) expect(usersOf(inventory, value)).toEqual(users);
  });

  it('names each right that is missing', async () => {
    const world = await start({ grants: ['list namespaces', 'list secrets', 'list pods in ai', 'list deployments'] });
    const gaps = gapsOf(await read(world));
    for (const [title, verb] of [['ConfigMaps', 'configmaps'], ['StatefulSets', 'statefulsets'], ['CronJobs', 'cronjobs']]) {
      for (const namespace of ['ai', 'ai-dev']) expect(gaps).toContain(`!${title ?? ''}: not readable (403, needs list ${verb ?? ''} in namespace ${namespace})`);
    }
    expect(gaps).toContain('!Pods that none of these made: not readable (403, needs list pods in namespace ai-dev)');
    expect(gaps).toContain('issuer of the cluster: not readable (403, needs get /.well-known/openid-configuration (system:service-account-issuer-discovery))');
    expect(gaps.some((gap) => /Secrets|^!Deployments|pods in namespace ai\)/.test(gap))).toBe(false);
  });

  it('looks at the namespace of the context alone where namespaces may not be listed, and says so', async () => {
    const world = await start({ grants: ['list secrets in ai', 'list deployments in ai'] });
    const given = await read(world);
    expect(given.targets.map(({ name }) => name)).toEqual(['kubernetes:prod', 'kubernetes:prod/ai']);
    expect(gapsOf(given)).toContain('!namespaces other than ai: not readable (403, needs list namespaces)');
    expect(given.targets[1]?.texts.map(({ path }) => path)).toContain('cluster/ai/secret/llm.yaml');
  });

  it('never takes a refusal for nothing found', async () => {
    const given = await read(await start({ grants: [] }));
    expect(gapsOf(given).filter((gap) => gap.startsWith('!'))).toHaveLength(11);
  });

  it('begins a list anew when its pages have expired, and gives up in the end', async () => {
    const few = await start({ largestPage: 2, expiring: 3 });
    expect(gapsOf(await read(few)).filter((gap) => gap.startsWith('!'))).toEqual([]);
    const many = await start({ largestPage: 2, expiring: 1000 });
    expect(gapsOf(await read(many))).toContain('!Secrets with their values: not readable (410)');
  });

  it('asks for smaller pages where one is longer than any answer may be', async () => {
    const world = await start({
      intercept: (request, response) => {
        if (!/secrets\?limit=500&fieldSelector=type%21/.test(request.url ?? '')) return false;
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(2 ** 27) });
        response.flushHeaders();
        return true;
      },
    });
    const given = await read(world);
    expect(gapsOf(given).filter((gap) => gap.startsWith('!'))).toEqual([]);
    expect(given.targets[1]?.texts.map(({ path }) => path)).toContain('cluster/ai/secret/llm.yaml');
  });

  it('gives up on a list that has no end', async () => {
    let asked = 0;
    const world = await start({
      intercept: (request, response) => {
        if (!(request.url ?? '').startsWith('/api/v1/configmaps')) return false;
        asked += 1;
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items: [], metadata: { continue: 'again' } }));
        return true;
      },
    });
    expect(gapsOf(await read(world))).toContain('!ConfigMaps: not readable (the list has no end)');
    expect(asked).toBe(2);
  });

  it('takes an answer of another shape for no list', async () => {
    const world = await start({
      intercept: (request, response) => {
        if (!(request.url ?? '').startsWith('/api/v1/configmaps')) return false;
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"Hello"}');
        return true;
      },
    });
    expect(gapsOf(await read(world))).toContain('!ConfigMaps: not readable (the answer is no list)');
  });
});

describe('kubernetes: copies', () => {
  const object = (kind: string, name: string, maker?: string) => {
    const resource = RESOURCES.find((one) => one.kind === kind);
    const [makerKind, makerName] = maker?.split('/') ?? [];
    const made = resource === undefined ? undefined : objectOf(resource, { metadata: { name, namespace: 'ai', ...(maker === undefined ? {} : { ownerReferences: [{ kind: makerKind, name: makerName, controller: true }] }) }, spec: {} });
    if (made === undefined) throw new Error(kind);
    return made;
  };
  const kept = (objects: readonly ReturnType<typeof object>[], unread: readonly string[] = []): readonly string[] => withoutCopies(objects, new Set(unread)).map(({ resource, name }) => `${resource.kind}/${name}`);

  it('of what is read itself are left out', () => {
    expect(kept([object('Deployment', 'bot'), object('ReplicaSet', 'bot-1', 'Deployment/bot'), object('Pod', 'bot-1-a', 'ReplicaSet/bot-1')])).toEqual(['Deployment/bot']);
  });

  it('of what may not be listed stand for it, one for each', () => {
    const pods = [object('Pod', 'bot-1-a', 'ReplicaSet/bot-1'), object('Pod', 'bot-1-b', 'ReplicaSet/bot-1'), object('Pod', 'db-0', 'StatefulSet/db')];
    expect(kept(pods)).toEqual([]);
    expect(kept(pods, ['ReplicaSet'])).toEqual(['Pod/bot-1-a']);
    expect(kept([object('ReplicaSet', 'bot-1', 'Deployment/bot'), ...pods], ['Deployment', 'StatefulSet'])).toEqual(['ReplicaSet/bot-1', 'Pod/db-0']);
  });

  it('of a ReplicationController, which is not listed, stand for it', () => {
    expect(kept([object('Pod', 'old-a', 'ReplicationController/old'), object('Pod', 'old-b', 'ReplicationController/old')])).toEqual(['Pod/old-a']);
  });

  it('pods are seen where Deployments and ReplicaSets may not be listed', async () => {
    const all = ['secrets', 'configmaps', 'serviceaccounts', 'statefulsets', 'daemonsets', 'jobs', 'cronjobs', 'pods'].map((plural) => `list ${plural}`);
    const container = { name: 'app', image: 'x', env: [{ name: 'OPENAI_API_KEY', valueFrom: { secretKeyRef: { name: 'llm', key: 'OPENAI_API_KEY' } } }] };
    const world = await start({
      grants: [...all, 'list namespaces', 'issuer'],
      objects: ['a', 'b'].map((copy) => ({ kind: 'Pod', metadata: { name: `bot-1-${copy}`, namespace: 'ai', ownerReferences: [{ kind: 'ReplicaSet', name: 'bot-1', controller: true }] }, spec: { containers: [container] } })),
    });
    const given = await read(world);
    expect(given.targets.flatMap(({ texts }) => texts.map(({ path }) => path))).toEqual(['cluster/ai/pod/bot-1-a.yaml']);
    expect(gapsOf(given).some((gap) => gap.startsWith('!ReplicaSets that no Deployment made: not readable (403'))).toBe(true);
  });
});

describe('kubernetes: the way in', () => {
  it('says what to do without a login, with a dead one, and for what is not there', async () => {
    await expect(openKubernetes('', contextOf({}))).rejects.toMatchObject({ name: 'TargetError', fix: expect.stringContaining('update-kubeconfig') });
    const world = await start();
    const context = contextOf({ env: world.env, home: world.home });
    await expect(openKubernetes('other', context)).rejects.toMatchObject({ name: 'UsageError', fix: 'Its contexts are: prod.' });
    await expect(openKubernetes('prod/none', context)).rejects.toMatchObject({ name: 'TargetError', message: 'the cluster of prod has no namespace none' });
    await expect(openKubernetes('prod/No_Such', context)).rejects.toMatchObject({ name: 'UsageError' });
    writeFileSync(join(world.home, '.kube/config'), kubeconfig(world.cluster.origin, { token: 'other' }));
    await expect(openKubernetes('', context)).rejects.toMatchObject({ name: 'TargetError', message: 'the cluster of prod does not know this login (401)' });
    writeFileSync(join(world.home, '.kube/config'), kubeconfig('http://192.0.2.1:1', { token: TOKEN }));
    await expect(openKubernetes('', context)).rejects.toMatchObject({ name: 'TargetError' });
    writeFileSync(join(world.home, '.kube/config'), `a: [${TOKEN}`);
    await expect(openKubernetes('', context)).rejects.not.toThrow(TOKEN);
  });

  it('joins the files of KUBECONFIG, the first of a name winning, and knows contexts with slashes', async () => {
    const world = await start();
    const folder = join(world.home, 'more');
    mkdirSync(folder);
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
    writeFileSync(join(folder, 'one'), kubeconfig(world.cluster.origin, { tokenFile: 'token', token: 'not this one' }, {}, 'arn:aws:eks:eu-west-1:123456789012:cluster/one'));
    writeFileSync(join(folder, 'two'), kubeconfig('https://127.0.0.1:1', { token: 'x' }, {}, 'arn:aws:eks:eu-west-1:123456789012:cluster/one'));
    const env = { ...world.env, KUBECONFIG: [join(folder, 'none'), join(folder, 'one'), join(folder, 'two')].join(delimiter) };
    const given = await readSource(openKubernetes, 'arn:aws:eks:eu-west-1:123456789012:cluster/one/ai', contextOf({ env, home: world.home }));
    expect(given.targets.map(({ name }) => name)).toEqual(['kubernetes:arn:aws:eks:eu-west-1:123456789012:cluster/one/ai']);
  });

  it('runs the program that the kubeconfig names, once, and repeats nothing of what it printed', async () => {
    const world = await start();
    const script = join(world.home, 'login.mjs');
    const log = join(world.home, 'log');
    const exec = (text: string): void => {
      writeFileSync(script, `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(log)}, process.env.KUBERNETES_EXEC_INFO + ' ' + process.env.PROFILE + '\\n');\n${text}`);
      writeFileSync(join(world.home, '.kube/config'), kubeconfig(world.cluster.origin, { exec: { apiVersion: 'client.authentication.k8s.io/v1beta1', command: process.execPath, args: [script], env: [{ name: 'PROFILE', value: 'prod' }], installHint: 'Get the plugin.', interactiveMode: 'Never', provideClusterInfo: true } }));
    };
    exec(`console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: ${JSON.stringify(TOKEN)}, expirationTimestamp: '2099-01-01T00:00:00Z' } }));`);
    await read(world);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/"interactive":false,"cluster":\{"server":"http:\/\/127[^ ]* prod$/);
    const context = contextOf({ env: world.env, home: world.home });
    exec(`console.log(${JSON.stringify(TOKEN)}); process.exit(3);`);
    const failure = await openKubernetes('', context).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TargetError', message: expect.stringMatching(/ended with code 3$/), fix: 'Get the plugin.' });
    expect(JSON.stringify(failure)).not.toContain(TOKEN);
    exec(`console.log('{}');`);
    await expect(openKubernetes('', context)).rejects.toMatchObject({ message: expect.stringContaining('neither a token nor a certificate') });
    writeFileSync(join(world.home, '.kube/config'), kubeconfig(world.cluster.origin, { exec: { command: 'no-such-program-for-a-login' } }));
    await expect(openKubernetes('', context)).rejects.toMatchObject({ message: expect.stringContaining('is not there') });
  });

  it('renews a login once for all that wait for it, and keeps the old one where that fails', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dekey-plugin-'));
    stops.push(() => rmSync(folder, { recursive: true, force: true }));
    const log = join(folder, 'runs');
    writeFileSync(log, '');
    const script = `const fs = require('node:fs'); fs.appendFileSync(${JSON.stringify(log)}, 'x'); const run = fs.readFileSync(${JSON.stringify(log)}, 'utf8').length; if (run > 2) process.exit(1); process.stdout.write(JSON.stringify({ status: { token: 'token-' + run, expirationTimestamp: '2020-01-01T00:00:00Z' } }))`;
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script], env: [], isInteractive: false, wantsCluster: false, folder };
    const login = loginOf({ context: 'prod', server: 'https://127.0.0.1:1', isInsecure: false, user: { exec } }, process.env);
    const runs = (): number => readFileSync(log, 'utf8').length;
    expect((await login()).headers).toEqual({ authorization: 'Bearer token-1' });
    const six = await Promise.all(Array.from({ length: 6 }, async () => await login()));
    expect(six.map(({ headers }) => headers['authorization'])).toEqual(Array.from({ length: 6 }, () => 'Bearer token-2'));
    expect(runs()).toBe(2);
    expect((await login()).headers).toEqual({ authorization: 'Bearer token-2' });
    expect((await login()).headers).toEqual({ authorization: 'Bearer token-2' });
    // The third run failed, and is not repeated at once.
    expect(runs()).toBe(3);
  });

  it('speaks TLS by the authority of the kubeconfig, logs in by certificate, and trusts nobody else', async () => {
    const world = await start();
    const certificate = (name: string): { readonly key: string; readonly cert: string } => {
      const [key, cert] = [join(world.home, `${name}.key`), join(world.home, `${name}.crt`)];
      const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert]);
      expect(made.status).toBe(0);
      return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    };
    const [server, person] = [certificate('server'), certificate('person')];
    const secure = await startFakeCluster({ token: TOKEN, objects: world.objects, tls: { ...server, ca: person.cert } });
    stops.push(secure.stop);
    const context = contextOf({ env: world.env, home: world.home });
    const authority = { 'certificate-authority': join(world.home, 'server.crt') };
    writeFileSync(join(world.home, '.kube/config'), kubeconfig(secure.origin, { 'client-certificate': 'person.crt', 'client-key-data': Buffer.from(person.key).toString('base64') }, authority));
    writeFileSync(join(world.home, '.kube/person.crt'), person.cert);
    expect((await readSource(openKubernetes, '', context)).targets).toHaveLength(3);
    writeFileSync(join(world.home, '.kube/config'), kubeconfig(secure.origin, { token: TOKEN }, { 'insecure-skip-tls-verify': true }));
    expect((await readSource(openKubernetes, 'prod/ai', context)).targets).toHaveLength(1);
    writeFileSync(join(world.home, '.kube/config'), kubeconfig(secure.origin, { token: TOKEN }, { 'certificate-authority': join(world.home, 'person.crt') }));
    await expect(openKubernetes('', context)).rejects.toMatchObject({ name: 'TargetError', message: expect.stringContaining('cannot be reached') });
  });

  it('finds the service account of a pod', async () => {
    const world = await start();
    const folder = join(world.home, 'serviceaccount');
    mkdirSync(folder);
    for (const [name, text] of Object.entries({ token: TOKEN, 'ca.crt': 'PEM', namespace: 'ai\n' })) writeFileSync(join(folder, name), text);
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    expect(findCluster('', contextOf({ env }), folder).config).toEqual({ context: 'in-cluster', namespace: 'ai', server: 'https://[fd00::1]:443', authority: 'PEM', isInsecure: false, user: { tokenFile: join(folder, 'token') } });
    expect(findCluster('/ai', contextOf({ env }), folder).namespace).toBe('ai');
  });

  it('explains each list that it makes, with a role that allows them', () => {
    const calls = explainKubernetes.calls.map(({ permission }) => permission);
    const role: unknown = parse((explainKubernetes.policy ?? []).join('\n'));
    expect(role).toMatchObject({ kind: 'ClusterRole' });
    for (const plural of ['secrets', 'deployments', 'cronjobs', 'pods', 'namespaces']) {
      expect(calls).toContain(`list ${plural}`);
      expect(JSON.stringify(role)).toContain(`"${plural}"`);
    }
  });
});
