/** A service is broken into: the answer for a planted one names every key that it held, in the right order, and none that it did not. */
import type { Held } from '../../../src/model/holder.ts';
import { Proof } from '../github/checks.ts';
import { Kit } from '../kit.ts';

const STEP = (name: string): string => `          ${name}: \${{ secrets.${name} }}\n`;
const JOB = (job: string, run: string, names: readonly string[]): string => `  ${job}:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ${run}\n        env:\n${names.map(STEP).join('')}`;

/** By service: the name of each key it held, and how sure that is. */
const PLANTED: Readonly<Record<string, Readonly<Record<string, Held>>>> = {
  braintrust: { OPENAI_API_KEY: 'likely', BRAINTRUST_API_KEY: 'own', MISTRAL_API_KEY: 'possible', ANTHROPIC_API_KEY: 'possible', HELICONE_API_KEY: 'possible' },
  helicone: { ANTHROPIC_API_KEY: 'held', HELICONE_API_KEY: 'own', OPENAI_API_KEY: 'possible', BRAINTRUST_API_KEY: 'possible', MISTRAL_API_KEY: 'possible' },
  circleci: { COHERE_API_KEY: 'held' },
  netlify: {},
};

export async function proveExposed(): Promise<Proof> {
  const proof = new Proof('a service is broken into');
  const kit = new Kit(67);
  try {
    const [app, other] = [kit.folder('app'), kit.folder('other')];
    kit.write(app, {
      '.github/workflows/evals.yml': `on: push\njobs:\n${JOB('evals', 'npx braintrust eval', ['BRAINTRUST_API_KEY', 'OPENAI_API_KEY'])}${JOB('docs', 'npm run docs', ['MISTRAL_API_KEY'])}`,
      'src/chat.py': 'import os\nimport anthropic\nclient = anthropic.Anthropic(api_key=os.environ["ANTHROPIC_API_KEY"], base_url="https://anthropic.helicone.ai", default_headers={"Helicone-Auth": "Bearer " + os.environ["HELICONE_API_KEY"]})\n',
    });
    kit.write(other, { '.circleci/config.yml': 'version: 2.1\njobs:\n  test:\n    docker:\n      - image: cimg/node:22.0\n    steps:\n      - run: COHERE_API_KEY=$COHERE_API_KEY npm test\nworkflows:\n  all:\n    jobs:\n      - test:\n          context: ai\n' });
    const folder = kit.folder('out');
    const scanned = kit.dekey(['scan', app, other, '--format', 'json', '--output', 'all.json', '--fail-on', 'none'], { cwd: folder });
    proof.equal(scanned.code, 0, `exit code of the scan (${scanned.stderr.slice(0, 200)})`);
    const sums = { planted: 0, found: 0, invented: 0 };
    for (const [service, planted] of Object.entries(PLANTED)) {
      const ran = kit.dekey(['report', 'all.json', '--exposed-by', service, '--format', 'json'], { cwd: folder });
      const keys = (JSON.parse(ran.stdout) as { readonly keys: readonly { readonly held: Held; readonly credential: { readonly names: readonly string[] } }[] }).keys;
      const told = Object.fromEntries(keys.map(({ held, credential: { names } }) => [names[0] ?? '', held]));
      for (const [name, held] of Object.entries(planted)) proof.equal(told[name], held, `${service}: ${name}`);
      const invented = Object.keys(told).filter((name) => planted[name] === undefined);
      proof.equal(invented, [], `${service}: invented`);
      sums.planted += Object.keys(planted).length;
      sums.found += Object.keys(told).length - invented.length;
      sums.invented += invented.length;
    }
    proof.say(`  keys planted ${sums.planted}, found ${sums.found}, invented ${sums.invented}, at ${Object.keys(PLANTED).length} services`);
    const text = kit.dekey(['report', 'all.json', '--exposed-by', 'Helicone'], { cwd: folder }).stdout;
    proof.check(text.indexOf('ANTHROPIC_API_KEY') < text.indexOf('HELICONE_API_KEY'), 'what was held comes first');
    proof.check(text.includes('src/chat.py') && text.includes('What cannot be seen from here'), 'the answer says why, and what it cannot see');
  } finally {
    kit.remove();
  }
  return await Promise.resolve(proof);
}
