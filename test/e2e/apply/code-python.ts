/**
 * Python programs as they are before and after `apply`, run with the real SDKs against servers on loopback: with its key the program works, without it it does not, and once edited
 * it works by federation with no key at all. Edited files of real repositories are then compiled and linted. The SDKs are installed once, from PyPI.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadGrammars } from '../../../src/rewrite/code/syntax.ts';
import { python } from '../../../src/rewrite/code/python.ts';
import { pythonManifests } from '../../../src/rewrite/code/python-manifests.ts';
import { rewriteText } from '../../../src/rewrite/run.ts';
import { contextFor, replacementFor } from '../../rewrite/code-kit.ts';
import { rewriteFolder, type Settings } from '../../rewrite/kit.ts';
import { type Asked, type Answer, isFields, listen, type Listening, readFields } from '../plan/http.ts';
import { startIssuer } from '../plan/issuer.ts';
import { startAnthropic } from '../plan/parties/anthropic.ts';
import { startAws } from '../plan/parties/aws-sts.ts';
import { startEntra } from '../plan/parties/entra.ts';
import { startGoogle } from '../plan/parties/google-sts.ts';
import { startOpenAi } from '../plan/parties/openai.ts';
import type { Reach } from '../plan/parties/_token.ts';

const CLUSTER = 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABCDEF0123456789ABCDEF0123456789';
const SUB = 'system:serviceaccount:ai:worker';
/** Looks like no key, so that nothing takes it for one. */
const KEY = 'proof-key-of-nobody';
const WORKSPACE = 'wrkspc_01LoopbackLoopback';

/** Newest of the day, and the first that the plan allows. */
const PINS: Readonly<Record<string, readonly string[]>> = {
  'sdk-python': ['anthropic==2.14.0', 'openai==2.54.0', 'azure-identity==1.27.0', 'boto3==1.44.8', 'google-genai==3.6.1', 'huggingface_hub==2.4.0', 'requests==2.34.2', 'httpx==0.28.1', 'aiohttp==3.14.5', 'pyflakes'],
  'sdk-python-floor': ['anthropic==0.99.0', 'openai==2.37.0', 'azure-identity==1.24.0', 'boto3', 'google-genai==1.51.0', 'huggingface_hub==1.19.0', 'requests', 'httpx', 'aiohttp'],
};

interface World {
  /** Environment of the program: where the servers are. */
  readonly environment: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<string, string>>;
  readonly federation: Readonly<Record<string, string>>;
  /** How many exchanges were asked for. */
  readonly exchanges?: () => number;
  readonly stop: () => Promise<void>;
}

interface Case {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly settings?: Settings;
  /** Whether the edited program still has to work with the key. */
  readonly keepsKey: boolean;
  /** The loopback identity has to be taken at once by each process: tokens are used once. */
  readonly start: (reach: Reach, token: () => Promise<string>) => Promise<World>;
  readonly audience: string;
  /** How often the tokens of the platform may be shown by the runs together. */
  readonly exchanges?: number;
}

/** Failures; empty when all is as it should be. `quick`: each program with one of the sets of SDKs, in turn. `folder` holds Python files of real repositories. */
export async function provePython(say: (lines: readonly string[]) => void, { quick = false, folder, only = /./ }: { readonly quick?: boolean; readonly folder?: string; readonly only?: RegExp } = {}): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const [name, pins] of Object.entries(PINS)) {
    const problem = await install(name, pins);
    if (problem !== undefined) return [`python: ${name} cannot be installed: ${problem}`];
  }
  const sets = Object.keys(PINS);
  const all = cases.filter(({ title }) => only.test(title)).flatMap((one, index) => sets.filter((_, which) => !quick || which === index % sets.length).map((name) => ({ one, name })));
  const waiting = [...all];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { one, name } = next;
      const problems = await prove(one, interpreter(name));
      failures.push(...problems.map((problem) => `python ${one.title} (${name}): ${problem}`));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  say([`python: ${cases.length} programs, ${all.length} times before and after with ${sets.length} sets of SDKs, ${failures.length} failures`]);
  if (folder !== undefined) {
    const { lines, failures: more } = await compileReal(folder);
    say(lines);
    failures.push(...more);
  }
  return failures;
}

function interpreter(name: string): string {
  return join(process.cwd(), '.judges', name, 'bin', 'python');
}

async function install(name: string, pins: readonly string[]): Promise<string | undefined> {
  const place = join(process.cwd(), '.judges', name);
  const marker = join(place, 'installed');
  const wanted = pins.join('\n');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return undefined;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(dirname(place), { recursive: true });
  for (const [program, args] of [
    ['python3', ['-m', 'venv', place]],
    [interpreter(name), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', ...pins]],
  ] as const) {
    const { code, text } = await run(program, args, process.env);
    if (code !== 0) return text.slice(-400);
  }
  writeFileSync(marker, wanted);
  return undefined;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((done) => {
    execFile(program, [...args], { env, cwd, timeout: 180_000, maxBuffer: 1 << 24 }, (error, stdout, stderr) => done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, text: `${stdout}${stderr}` }));
  });
}

async function prove(one: Case, program: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-python-'));
  const before = join(folder, 'before');
  const after = join(folder, 'after');
  const issuer = await startIssuer(CLUSTER);
  const token = (): Promise<string> => issuer.mint({ sub: SUB, aud: one.audience, 'kubernetes.io': { namespace: 'ai', serviceaccount: { name: 'worker' } } }, { lifetime: 600 });
  const world = await one.start({ [issuer.issuer]: issuer.url }, token);
  const problems: string[] = [];
  try {
    for (const place of [before, after]) for (const [path, text] of Object.entries(one.files)) write(join(place, path), text);
    const edited = await rewriteFolder(before, one.settings ?? {}, [python, pythonManifests]);
    const source = edited.find(({ path }) => path === 'app.py');
    if (source === undefined || source.before === source.after) return [`app.py is not edited: ${edited.flatMap(({ refusals }) => refusals.map(({ reason }) => reason)).join(' ')}`];
    for (const { path, after: text } of edited) write(join(after, path), text);
    write(join(folder, 'patched', 'sitecustomize.py'), SITE);
    let runs = 0;
    const start = async (place: string, environment: Readonly<Record<string, string>>): Promise<{ readonly works: boolean; readonly text: string }> => {
      runs += 1;
      // A token and a home of its own for each process: tokens are used once.
      const home = join(folder, `home-${runs}`);
      const [file, fresh] = [join(home, 'token'), await token()];
      const filled = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replaceAll('{token-file}', file).replaceAll('{token}', fresh).replaceAll('{home}', home)]));
      write(file, fresh);
      if (filled['PROOF_CREDENTIALS'] !== undefined) write(join(home, 'credentials.json'), filled['PROOF_CREDENTIALS']);
      const { code, text } = await run(program, ['app.py'], { PATH: process.env['PATH'], HOME: home, PYTHONPATH: join(folder, 'patched'), ...world.environment, ...filled }, place);
      return { works: code === 0 && text.includes('ANSWERED'), text: text.slice(-600) };
    };
    const expect = async (title: string, place: string, environment: Readonly<Record<string, string>>, works: boolean): Promise<void> => {
      const got = await start(place, environment);
      if (got.works !== works) problems.push(`${title}: ${works ? 'does not work' : 'works'}\n${got.text}`);
    };
    await Promise.all([
      expect('before, with the key', before, world.keys, true),
      expect('before, without the key', before, {}, false),
      expect('after, by federation', after, world.federation, true),
      expect('after, with nothing', after, {}, false),
      ...(one.keepsKey ? [expect('after, with the key', after, world.keys, true)] : []),
    ]);
    const exchanges = world.exchanges?.();
    if (one.exchanges !== undefined && exchanges !== one.exchanges) problems.push(`${exchanges ?? 0} exchanges where ${one.exchanges} is right`);
  } finally {
    await Promise.all([world.stop(), issuer.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
  return problems;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * What cannot be said by a variable: the token address of the OpenAI SDK is fixed, and the Azure library takes only https and asks Microsoft which authorities exist. The credential
 * that stands in for Azure's sends the assertion that WorkloadIdentityCredential would send.
 */
const SITE = `import os
if os.environ.get("PROOF_HOSTS"):
    import json
    import aiohttp, httpx, requests
    _places = json.loads(os.environ["PROOF_HOSTS"])
    def _moved(url):
        host = next((one for one in _places if str(url).startswith(one + "/")), None)
        return url if host is None else _places[host] + str(url)[len(host):]
    def _patch(owner, name):
        known = getattr(owner, name)
        setattr(owner, name, lambda self, method, url, *args, **kwargs: known(self, method, _moved(url), *args, **kwargs))
    _patch(requests.Session, "request")
    _patch(httpx._client.BaseClient, "build_request")
    _patch(aiohttp.ClientSession, "_request")
if os.environ.get("PROOF_OPENAI_TOKENS"):
    import openai.auth._workload as _workload
    _init = _workload.WorkloadIdentityAuth.__init__
    def _made(self, *args, **kwargs):
        kwargs["token_exchange_url"] = os.environ["PROOF_OPENAI_TOKENS"]
        _init(self, *args, **kwargs)
    _workload.WorkloadIdentityAuth.__init__ = _made
if os.environ.get("PROOF_ENTRA"):
    import json, time, urllib.parse, urllib.request
    import azure.identity
    from azure.core.credentials import AccessToken
    class _Credential:
        def get_token(self, *scopes, **kwargs):
            form = {"client_id": os.environ["AZURE_CLIENT_ID"], "scope": scopes[0], "grant_type": "client_credentials", "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": open(os.environ["AZURE_FEDERATED_TOKEN_FILE"]).read()}
            url = os.environ["PROOF_ENTRA"] + "/" + os.environ["AZURE_TENANT_ID"] + "/oauth2/v2.0/token"
            answer = json.load(urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()))
            return AccessToken(answer["access_token"], int(time.time()) + answer["expires_in"])
    azure.identity.DefaultAzureCredential = _Credential
`;

const workflow = (names: readonly string[]): string => `on: { push: { branches: [main] } }
permissions:
  contents: read
jobs:
  run:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: python app.py
        env:
${names.map((name) => `          ${name}: \${{ secrets.${name} }}\n`).join('')}`;

const pod = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
  namespace: ai
spec:
  template:
    spec:
      serviceAccountName: worker
      containers:
        - name: worker
          image: ghcr.io/acme/worker:1
          env:
            - name: ${name}
              valueFrom:
                secretKeyRef:
                  name: ai
                  key: key
`;

/** Each asks twice, and shows the token of its workload once. */
const BY_HAND: readonly { readonly title: string; readonly provider: 'anthropic' | 'openai'; readonly text: string }[] = [
  {
    title: 'requests, threads, a constant of the module',
    provider: 'anthropic',
    text: 'import os\nfrom concurrent.futures import ThreadPoolExecutor\n\nimport requests\n\nAPI_KEY = os.environ["ANTHROPIC_API_KEY"]\n\n\ndef models(page: int) -> None:\n    response = requests.get(\n        f"https://api.anthropic.com/v1/models?page={page}",\n        headers={\n            "x-api-key": API_KEY,\n            "anthropic-version": "2023-06-01",\n        },\n        timeout=30,\n    )\n    response.raise_for_status()\n\n\nwith ThreadPoolExecutor(4) as pool:\n    list(pool.map(models, range(4)))\nmodels(5)\nprint("ANSWERED")\n',
  },
  {
    title: 'httpx, a client, a name with a check',
    provider: 'openai',
    text: "import os\nimport httpx\n\ndef main():\n  key = os.getenv('OPENAI_API_KEY')\n  if not key:\n    raise SystemExit('no key')\n  headers = {'Authorization': f'Bearer {key}'}\n  with httpx.Client() as client:\n    for _ in range(2):\n      client.get('https://api.openai.com/v1/models', headers=headers).raise_for_status()\n  print(httpx.get('https://api.openai.com/v1/models', headers={'Authorization': 'Bearer ' + key}).raise_for_status() and 'ANSWERED')\n\nmain()\n",
  },
  {
    title: 'httpx, asynchronous, together',
    provider: 'openai',
    text: 'import asyncio\nimport os\n\nimport httpx\n\nURL = "https://api.openai.com/v1/models"\n\n\nasync def ask(client):\n    (await client.get(URL)).status_code\n\n\nasync def one():\n    async with httpx.AsyncClient() as client:\n        reply = await client.get(URL, headers={"Authorization": "Bearer {}".format(os.environ["OPENAI_API_KEY"])})\n        reply.raise_for_status()\n\n\nasync def main():\n    await asyncio.gather(one(), one(), one())\n    await one()\n    print("ANSWERED")\n\n\nasyncio.run(main())\n',
  },
  {
    title: 'aiohttp, together',
    provider: 'anthropic',
    text: 'import asyncio\nimport os\nimport aiohttp\n\n\nasync def one(page):\n    headers = {"X-Api-Key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01", "anthropic-beta": "files-api-2025-04-14"}\n    async with aiohttp.ClientSession() as session:\n        async with session.get(f"https://api.anthropic.com/v1/models?page={page}", headers=headers) as reply:\n            reply.raise_for_status()\n\n\nasync def main():\n    await asyncio.gather(one(1), one(2))\n    await one(3)\n    print("ANSWERED")\n\n\nasyncio.run(main())\n',
  },
];

const cases: readonly Case[] = [
  {
    title: 'anthropic: an argument',
    files: { '.github/workflows/ci.yml': workflow(['ANTHROPIC_API_KEY']), 'app.py': 'import os\n\nfrom anthropic import Anthropic\n\nclient = Anthropic(api_key=os.environ["ANTHROPIC_API_KEY"], max_retries=0)\nclient.models.list()\nprint("ANSWERED")\n', 'requirements.txt': 'anthropic>=0.40\n' },
    keepsKey: true,
    audience: 'https://api.anthropic.com',
    start: anthropicWorld,
  },
  {
    title: 'anthropic: a name with a check, asynchronous',
    files: {
      '.github/workflows/ci.yml': workflow(['ANTHROPIC_API_KEY']),
      'app.py': 'import asyncio\nimport os\nimport sys\n\nfrom anthropic import AsyncAnthropic\n\n\nasync def main() -> None:\n    api_key = os.getenv("ANTHROPIC_API_KEY")\n    if not api_key:\n        print("no key", file=sys.stderr)\n        sys.exit(1)\n\n    client = AsyncAnthropic(\n        api_key=api_key,\n        max_retries=0,\n    )\n    await client.models.list()\n    print("ANSWERED")\n\n\nasyncio.run(main())\n',
    },
    keepsKey: true,
    audience: 'https://api.anthropic.com',
    start: anthropicWorld,
  },
  {
    title: 'openai',
    files: { 'deploy.yaml': pod('OPENAI_API_KEY'), 'app.py': 'import os\n\nfrom openai import OpenAI\n\nclient = OpenAI(api_key=os.environ["OPENAI_API_KEY"], max_retries=0)\nclient.models.list()\nprint("ANSWERED")\n' },
    keepsKey: false,
    audience: 'https://api.openai.com/v1',
    start: openAiWorld,
  },
  {
    title: 'openai: without arguments, asynchronous',
    files: { 'deploy.yaml': pod('OPENAI_API_KEY'), 'app.py': 'import asyncio\n\nimport openai\n\nclient = openai.AsyncOpenAI()\n\n\nasync def main():\n    await client.models.list()\n    print("ANSWERED")\n\n\nasyncio.run(main())\n' },
    keepsKey: false,
    audience: 'https://api.openai.com/v1',
    start: openAiWorld,
  },
  {
    title: 'azure openai',
    files: { 'deploy.yaml': pod('AZURE_OPENAI_API_KEY'), 'app.py': 'import os\nfrom openai import AzureOpenAI\n\nclient = AzureOpenAI(\n    azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"],\n    api_key=os.environ["AZURE_OPENAI_API_KEY"],\n    api_version="2024-10-21",\n)\nclient.models.list()\nprint("ANSWERED")\n' },
    keepsKey: false,
    audience: 'api://AzureADTokenExchange',
    start: azureWorld,
  },
  {
    title: 'azure openai, asynchronous',
    files: { 'deploy.yaml': pod('AZURE_OPENAI_API_KEY'), 'app.py': 'import asyncio\nimport os\nfrom openai import AsyncAzureOpenAI\n\nclient = AsyncAzureOpenAI(azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"], api_key=os.getenv("AZURE_OPENAI_API_KEY"), api_version="2024-10-21")\n\n\nasync def main():\n    await client.models.list()\n    print("ANSWERED")\n\n\nasyncio.run(main())\n' },
    keepsKey: false,
    audience: 'api://AzureADTokenExchange',
    start: azureWorld,
  },
  {
    title: 'bedrock through boto3',
    files: {
      '.github/workflows/ci.yml': workflow(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']),
      'app.py': 'import os\n\nimport boto3\n\nbedrock = boto3.client(\n    "bedrock-runtime",\n    region_name="eu-central-1",\n    aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],\n    aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],\n)\nbedrock.converse(modelId="m", messages=[{"role": "user", "content": [{"text": "x"}]}])\nprint("ANSWERED")\n',
    },
    keepsKey: true,
    audience: 'sts.amazonaws.com',
    start: awsWorld,
  },
  {
    title: 'hugging face',
    settings: { repository: 'gitlab.com/acme/app' },
    files: { '.gitlab-ci.yml': 'publish:\n  image: python:3.12\n  variables:\n    HF_TOKEN: $HF_TOKEN\n  script: [python app.py]\n', 'app.py': 'import os\n\nfrom huggingface_hub import HfApi\n\napi = HfApi(token=os.environ["HF_TOKEN"])\nassert api.whoami()["name"] == "acme"\nprint("ANSWERED")\n' },
    keepsKey: true,
    audience: 'https://huggingface.co',
    start: huggingFaceWorld,
  },
  {
    title: 'gemini on vertex',
    files: { 'deploy.yaml': pod('GEMINI_API_KEY'), 'app.py': 'import os\n\nfrom google import genai\n\nclient = genai.Client(api_key=os.environ["GEMINI_API_KEY"])\nclient.models.generate_content(model="gemini-2.5-flash", contents="x")\nprint("ANSWERED")\n' },
    keepsKey: false,
    audience: 'https://iam.googleapis.com/projects/1029384/locations/global/workloadIdentityPools/ci-pool/providers/cluster',
    start: googleWorld,
  },
  ...BY_HAND.map(({ title, provider, text }): Case => ({
    title: `${provider}, by hand: ${title}`,
    files: { 'deploy.yaml': pod(provider === 'anthropic' ? 'ANTHROPIC_API_KEY' : 'OPENAI_API_KEY'), 'app.py': text },
    keepsKey: false,
    audience: provider === 'anthropic' ? 'https://api.anthropic.com' : 'https://api.openai.com/v1',
    start: provider === 'anthropic' ? anthropicWorld : openAiWorld,
    exchanges: 1,
  })),
];

/** A server that takes the key by itself and hands everything else on; `taken` sees what the party answers. */
function front(party: string, own: (asked: Asked) => Answer | undefined, taken: (asked: Asked, answer: unknown) => void = () => undefined): Promise<Listening> {
  return listen(async (asked) => {
    const answer = own(asked);
    if (answer !== undefined) return answer;
    const headers = Object.fromEntries(Object.entries(asked.headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && !['host', 'content-length', 'connection', 'transfer-encoding', 'accept-encoding'].includes(entry[0])));
    const response = await fetch(`${party}${asked.path}${asked.query.size === 0 ? '' : `?${asked.query.toString()}`}`, { method: asked.method, headers, ...(asked.method === 'GET' ? {} : { body: asked.body }) });
    const text = await response.text();
    const json = readFields(text);
    taken(asked, json ?? text);
    return { status: response.status, body: json ?? text };
  });
}

function bearerOf({ headers }: Asked): string | undefined {
  return /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1];
}

async function anthropicWorld(reach: Reach): Promise<World> {
  const party = await startAnthropic(reach);
  const configured = await party.configure({
    issuer: { issuer_url: CLUSTER, name: 'cluster' },
    serviceAccount: { name: 'worker' },
    memberships: [{ workspace_id: WORKSPACE, workspace_role: 'workspace_developer' }],
    rule: { name: 'worker', match: { subject_prefix: SUB, audience: 'https://api.anthropic.com' }, workspace_id: WORKSPACE, oauth_scope: 'workspace:inference', token_lifetime_seconds: 600 },
  });
  const list = { status: 200, body: { data: [], has_more: false, first_id: null, last_id: null } };
  let exchanges = 0;
  const server = await front(
    party.url,
    (asked) => (asked.path === '/v1/models' && (asked.headers['x-api-key'] === KEY || bearerOf(asked) === KEY) ? list : undefined),
    ({ path }) => (exchanges += path === '/v1/oauth/token' ? 1 : 0),
  );
  const ids = configured.ids;
  return {
    environment: { ANTHROPIC_BASE_URL: server.url, PROOF_HOSTS: JSON.stringify({ 'https://api.anthropic.com': server.url }) },
    exchanges: () => exchanges,
    keys: { ANTHROPIC_API_KEY: KEY },
    federation: {
      ANTHROPIC_FEDERATION_RULE_ID: ids['anthropic.federation_rule_id'] ?? '',
      ANTHROPIC_ORGANIZATION_ID: ids['anthropic.organization_id'] ?? '',
      ANTHROPIC_SERVICE_ACCOUNT_ID: ids['anthropic.service_account_id'] ?? '',
      ANTHROPIC_WORKSPACE_ID: WORKSPACE,
      ANTHROPIC_IDENTITY_TOKEN_FILE: '{token-file}',
    },
    stop: async () => void (await Promise.all([server.stop(), party.stop()])),
  };
}

async function openAiWorld(reach: Reach): Promise<World> {
  const party = await startOpenAi(reach);
  const configured = await party.configure({
    project: 'proj_loopback',
    serviceAccount: { name: 'worker', create_service_account_only: true },
    role: { role: 'member' },
    provider: { name: 'cluster', type: 'oidc', issuer: CLUSTER, audience: 'https://api.openai.com/v1', verification: { type: 'discovery', discovery_url: null } },
    rule: { attribute_matchers: { sub: SUB } },
  });
  const minted = new Set<string>([KEY]);
  let exchanges = 0;
  const server = await front(
    party.url,
    (asked) => (asked.path === '/v1/models' ? (minted.has(bearerOf(asked) ?? '') ? { status: 200, body: { object: 'list', data: [] } } : { status: 401, body: { error: { message: 'no', type: 'invalid_request_error' } } }) : undefined),
    ({ path }, answer) => {
      exchanges += path === '/oauth/token' ? 1 : 0;
      remember(minted, answer, 'access_token');
    },
  );
  const ids = configured.ids;
  return {
    environment: { OPENAI_BASE_URL: `${server.url}/v1`, PROOF_OPENAI_TOKENS: `${server.url}/oauth/token`, PROOF_HOSTS: JSON.stringify({ 'https://api.openai.com': server.url, 'https://auth.openai.com': server.url }) },
    exchanges: () => exchanges,
    keys: { OPENAI_API_KEY: KEY },
    federation: { OPENAI_IDENTITY_PROVIDER_ID: ids['openai.identity_provider_id'] ?? '', OPENAI_SERVICE_ACCOUNT_ID: ids['openai.service_account_id'] ?? '', OPENAI_IDENTITY_TOKEN_FILE: '{token-file}' },
    stop: async () => void (await Promise.all([server.stop(), party.stop()])),
  };
}

async function azureWorld(reach: Reach): Promise<World> {
  const party = await startEntra(reach);
  const configured = await party.configure({ identity: 'managed-identity', credentials: [{ name: 'worker', issuer: CLUSTER, subject: SUB, audiences: ['api://AzureADTokenExchange'] }] });
  const minted = new Set<string>();
  const server = await front(
    party.url,
    (asked) => (asked.path.startsWith('/openai/') ? (asked.headers['api-key'] === KEY || minted.has(bearerOf(asked) ?? '') ? { status: 200, body: { object: 'list', data: [] } } : { status: 401, body: { error: { code: '401', message: 'no' } } }) : undefined),
    (_, answer) => remember(minted, answer, 'access_token'),
  );
  const ids = configured.ids;
  return {
    environment: { AZURE_OPENAI_ENDPOINT: server.url, PROOF_ENTRA: server.url },
    keys: { AZURE_OPENAI_API_KEY: KEY },
    federation: { AZURE_TENANT_ID: ids['azure.tenant_id'] ?? '', AZURE_CLIENT_ID: ids['azure.client_id'] ?? '', AZURE_FEDERATED_TOKEN_FILE: '{token-file}' },
    stop: async () => void (await Promise.all([server.stop(), party.stop()])),
  };
}

async function awsWorld(reach: Reach): Promise<World> {
  const account = '111122223333';
  const party = await startAws(reach, account);
  const provider = CLUSTER.replace('https://', '');
  const configured = await party.configure({
    account,
    issuer: CLUSTER,
    providers: [{ Url: CLUSTER, ClientIDList: ['sts.amazonaws.com'] }],
    trustPolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${provider}` }, Action: 'sts:AssumeRoleWithWebIdentity', Condition: { StringEquals: { [`${provider}:aud`]: 'sts.amazonaws.com', [`${provider}:sub`]: SUB } } }] },
  });
  const minted = new Set<string>([KEY]);
  const server = await front(
    party.url,
    (asked) => {
      if (!asked.path.startsWith('/model/')) return undefined;
      const id = /Credential=([^/]+)\//.exec(String(asked.headers.authorization ?? ''))?.[1] ?? '';
      return minted.has(id) ? { status: 200, body: { output: { message: { role: 'assistant', content: [{ text: 'x' }] } }, stopReason: 'end_turn', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }, metrics: { latencyMs: 1 } } } : { status: 403, body: { message: 'no' } };
    },
    (_, answer) => {
      const id = typeof answer === 'string' ? /<AccessKeyId>([^<]+)</.exec(answer)?.[1] : undefined;
      if (id !== undefined) minted.add(id);
    },
  );
  return {
    environment: { AWS_ENDPOINT_URL: server.url, AWS_REGION: 'eu-central-1', AWS_DEFAULT_REGION: 'eu-central-1', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1' },
    keys: { AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: KEY },
    federation: { AWS_ROLE_ARN: configured.ids['aws.role_arn'] ?? '', AWS_WEB_IDENTITY_TOKEN_FILE: '{token-file}' },
    stop: async () => void (await Promise.all([server.stop(), party.stop()])),
  };
}

/** Hugging Face's exchange as documented (https://huggingface.co/docs/hub/trusted-publishers): the token has to be the one that was minted, for the resource that is named. */
async function huggingFaceWorld(_: Reach, token: () => Promise<string>): Promise<World> {
  const [, sample = ''] = (await token()).split('.');
  const minted = new Set<string>([KEY]);
  const server = await listen((asked) => {
    if (asked.path === '/oauth/token') {
      const body = readFields(asked.body) ?? Object.fromEntries(new URLSearchParams(asked.body));
      const [, claims = ''] = String(body['subject_token']).split('.');
      const isOurs = (part: string): unknown => readFields(Buffer.from(part, 'base64url').toString())?.['aud'];
      if (body['grant_type'] !== 'urn:ietf:params:oauth:grant-type:token-exchange' || body['resource'] !== 'acme/model' || isOurs(claims) !== isOurs(sample)) return { status: 400, body: { error: 'invalid_grant' } };
      minted.add('hf_jwt_loopback');
      return { status: 200, body: { access_token: 'hf_jwt_loopback', token_type: 'bearer', expires_in: 3600 } };
    }
    if (asked.path === '/api/whoami-v2') return minted.has(bearerOf(asked) ?? '') ? { status: 200, body: { type: 'user', name: 'acme', auth: { type: 'access_token' } } } : { status: 401, body: { error: 'Invalid credentials' } };
    return { status: 404, body: {} };
  });
  return { environment: { HF_ENDPOINT: server.url, HF_HUB_DISABLE_TELEMETRY: '1' }, keys: { HF_TOKEN: KEY }, federation: { HF_OIDC_RESOURCE: 'acme/model', HF_OIDC_ID_TOKEN: '{token}' }, stop: server.stop };
}

async function googleWorld(reach: Reach): Promise<World> {
  const party = await startGoogle(reach);
  const pool = 'projects/1029384/locations/global/workloadIdentityPools/ci-pool';
  await party.configure({
    project: '1029384',
    poolId: 'ci-pool',
    pool: {},
    providerId: 'cluster',
    provider: { attributeMapping: { 'google.subject': 'assertion.sub' }, attributeCondition: `assertion.sub == '${SUB}'`, oidc: { issuerUri: CLUSTER } },
    bindings: [{ role: 'roles/aiplatform.user', members: [`principal://iam.googleapis.com/${pool}/subject/${SUB}`] }],
  });
  const minted = new Set<string>();
  const answer = { status: 200, body: { candidates: [{ content: { role: 'model', parts: [{ text: 'x' }] }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 } } };
  const server = await front(
    party.url,
    (asked) => {
      if (!asked.path.endsWith(':generateContent')) return undefined;
      const isVertex = asked.path.includes('/projects/acme-ai/locations/europe-west4/publishers/google/models/');
      const isIn = isVertex ? minted.has(bearerOf(asked) ?? '') : asked.headers['x-goog-api-key'] === KEY;
      return isIn ? answer : { status: 401, body: { error: { code: 401, message: 'no', status: 'UNAUTHENTICATED' } } };
    },
    (_, reply) => remember(minted, reply, 'access_token'),
  );
  const credentials = { type: 'external_account', audience: `//iam.googleapis.com/${pool}/providers/cluster`, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: `${server.url}/v1/token`, credential_source: { file: '{token-file}' } };
  return {
    environment: { GOOGLE_GEMINI_BASE_URL: server.url, GOOGLE_VERTEX_BASE_URL: server.url, NO_GCE_CHECK: 'true' },
    keys: { GEMINI_API_KEY: KEY },
    federation: { GOOGLE_CLOUD_PROJECT: 'acme-ai', GOOGLE_CLOUD_LOCATION: 'europe-west4', GOOGLE_APPLICATION_CREDENTIALS: '{home}/credentials.json', PROOF_CREDENTIALS: JSON.stringify(credentials) },
    stop: async () => void (await Promise.all([server.stop(), party.stop()])),
  };
}

function remember(minted: Set<string>, answer: unknown, name: string): void {
  const token = isFields(answer) ? answer[name] : undefined;
  if (typeof token === 'string') minted.add(token);
}

/** Edits every Python file below `folder` as if all providers were planned, and has Python and pyflakes look at what became of it. */
async function compileReal(folder: string): Promise<{ readonly lines: readonly string[]; readonly failures: readonly string[] }> {
  await loadGrammars(['python']);
  const context = contextFor(['anthropic', 'openai', 'azure-openai', 'aws', 'google-gemini', 'huggingface'].map((provider) => replacementFor(provider)));
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile() && one.name.endsWith('.py')).map((one) => join(one.parentPath, one.name)).toSorted();
  const place = mkdtempSync(join(tmpdir(), 'dekey-python-'));
  const failures: string[] = [];
  const refused = new Map<string, number>();
  let edited = 0;
  try {
    for (const path of paths) {
      const text = readFileSync(path, 'utf8');
      if (!python.matches(path, text)) continue;
      const { after, refusals } = rewriteText(python, path, text, context);
      for (const { code } of refusals) refused.set(code, (refused.get(code) ?? 0) + 1);
      if (after === text) continue;
      edited += 1;
      const name = path.slice(folder.length + 1).replaceAll('/', '__');
      const [before, changed] = [join(place, `before-${name}`), join(place, `after-${name}`)];
      writeFileSync(before, text);
      writeFileSync(changed, after);
      const program = interpreter('sdk-python');
      const compiled = await run(program, ['-m', 'py_compile', changed], process.env);
      if (compiled.code !== 0 && (await run(program, ['-m', 'py_compile', before], process.env)).code === 0) failures.push(`${name}: does not compile: ${compiled.text.slice(-200)}`);
      const lint = async (file: string): Promise<readonly string[]> => (await run(program, ['-m', 'pyflakes', file], process.env)).text.split('\n').map((line) => line.replace(/^.*?:\d+:\d+:? /, '').replace(/ from line \d+/, '')).filter((line) => line !== '').toSorted();
      const known = [...(await lint(before))];
      for (const line of await lint(changed)) {
        const at = known.indexOf(line);
        if (at < 0) failures.push(`${name}: pyflakes: ${line}`);
        else known.splice(at, 1);
      }
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return { lines: [`python: ${paths.length} real files, ${edited} edited, refused: ${[...refused].map(([code, count]) => `${count} ${code}`).join(', ') || 'none'}, ${failures.length} failures`], failures };
}

