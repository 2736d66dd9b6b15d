/** A file that `dekey init` offers. */
export interface Offered {
  /** From the folder of the run, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly executable?: true;
  /** What it is for, in one line. */
  readonly why: string;
  /** What is left to do by hand, in one line. */
  readonly next?: string;
}

/** What the folder has, as far as it decides what is offered. */
export interface Surroundings {
  /** It is the top folder of a git working tree with hooks of its own. */
  readonly hasHooks: boolean;
  /** Hosted at GitHub, or with a folder `.github`. */
  readonly isOnGithub: boolean;
  /** Hosted at GitLab, or with a file `.gitlab-ci.yml`. */
  readonly isOnGitlab: boolean;
}

/** Pins compared with the releases of the actions on 2026-11-29; the same as in our own workflows. */
const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1';
const UPLOAD = 'github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e # v4.36.2';

/** What fits the surroundings, in the order in which it is useful. Pure. */
export function offers({ hasHooks, isOnGithub, isOnGitlab }: Surroundings, version: string): readonly Offered[] {
  return [
    { path: 'dekey.config.json', text: CONFIG, why: 'settings: what fails a run, what is left out, what is accepted and why' },
    ...(isOnGithub ? [{ path: '.github/workflows/dekey.yml', text: workflow(version), why: 'a scan of each change and once a week, uploaded to code scanning', next: 'On private repositories code scanning has to be switched on (Settings, Advanced Security); else leave the upload out.' }] : []),
    ...(isOnGitlab ? [{ path: '.gitlab/dekey.gitlab-ci.yml', text: gitlab(version), why: 'a job for GitLab CI/CD that fails for keys', next: "Add to .gitlab-ci.yml: include: [{ local: '.gitlab/dekey.gitlab-ci.yml' }]" }] : []),
    ...(hasHooks ? [{ path: '.git/hooks/pre-commit', text: hook(version), executable: true as const, why: 'looks at what is staged, before each commit of this clone' }] : []),
  ];
}

const CONFIG = `{
  // What makes a run end with exit code 1: critical, high, medium, low, info or none.
  "failOn": "high",
  // Patterns of files that are never looked at.
  "exclude": [],
  // Findings that are accepted, each with a reason and, better, a last day:
  // { "path": "docs/**", "reason": "made-up keys", "expires": "2027-06-30" }
  "ignore": []
}
`;

function workflow(version: string): string {
  return `name: dekey

on:
  push:
    branches: [main]
  pull_request:
  schedule:
    - cron: '23 5 * * 1'

# Every job asks for what it needs.
permissions: {}

concurrency:
  group: dekey-\${{ github.ref }}
  cancel-in-progress: true

jobs:
  scan:
    name: scan
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    permissions:
      contents: read
      security-events: write # the upload to code scanning
    steps:
      - uses: ${CHECKOUT}
        with:
          fetch-depth: 0 # history is read
          persist-credentials: false
      - run: npx --yes dekey@${version} scan --history --format sarif --output dekey.sarif
      # Also when the step before has failed for what it found.
      - if: \${{ !cancelled() && hashFiles('dekey.sarif') != '' }}
        uses: ${UPLOAD}
        with:
          sarif_file: dekey.sarif
          category: dekey
`;
}

function gitlab(version: string): string {
  return `dekey:
  image: node:22
  variables:
    GIT_DEPTH: '0' # history is read
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    - npx --yes dekey@${version} scan --history --format junit --output dekey.xml
  artifacts:
    when: always
    access: developer
    reports:
      junit: dekey.xml
`;
}

function hook(version: string): string {
  return `#!/bin/sh
# Made by dekey init: looks at what is staged. Passed over with: git commit --no-verify
exec npx --yes dekey@${version} scan --staged --fail-on medium --quiet
`;
}
