import { githubActions } from './github/workflow.ts';
import { rewriter as azurePipelines } from './ci/azure-pipelines.ts';
import { rewriter as bitbucketPipelines } from './ci/bitbucket-pipelines.ts';
import { rewriter as buildkite } from './ci/buildkite.ts';
import { rewriter as circleci } from './ci/circleci.ts';
import { rewriter as gitlabCi } from './ci/gitlab-ci.ts';
import { rewriter as googleCloudBuild } from './ci/google-cloud-build.ts';
import { rewriter as jenkins } from './ci/jenkins.ts';
import { rewriter as javascript } from './code/javascript.ts';
import { rewriter as packageJson } from './code/package-json.ts';
import { devcontainer } from './cluster/devcontainer.ts';
import { dockerCompose } from './cluster/docker-compose.ts';
import { dockerfile } from './cluster/dockerfile.ts';
import { helm } from './cluster/helm.ts';
import { kustomize } from './cluster/kustomize.ts';
import { kubernetes } from './cluster/kubernetes.ts';
import { go } from './code/go.ts';
import { goMod } from './code/go-mod.ts';
import { java } from './code/java.ts';
import { javaManifests } from './code/java-manifests.ts';
import { python } from './code/python.ts';
import { pythonManifests } from './code/python-manifests.ts';
import { settings } from './settings/index.ts';
import type { Rewriter } from './types.ts';

/** Every kind of file that can be rewritten. Several may be for one path; they run in this order, each on what the one before left. */
export const rewriters: readonly Rewriter[] = [githubActions, gitlabCi, circleci, buildkite, bitbucketPipelines, azurePipelines, jenkins, googleCloudBuild, ...following(javascript, packageJson), kubernetes, devcontainer, dockerCompose, dockerfile, helm, kustomize, ...following(python, pythonManifests, go, goMod, java, javaManifests), ...settings];

function following(...own: readonly Rewriter[]): readonly Rewriter[] {
  return own.map((rewriter) => ({ ...rewriter, follows: true }));
}
