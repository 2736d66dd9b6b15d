import type { Platform } from '../model/reference.ts';
import { extractContainers } from './_shared/ci-containers.ts';

export const platform: Platform = {
  id: 'woodpecker',
  title: 'Woodpecker CI',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'No identity token for steps was found in Woodpecker CI.',
    unblock: 'Move the job to a CI system that issues one, or keep the key scoped, capped and rotated.',
    source: 'https://woodpecker-ci.org/docs/usage/secrets',
  },
  matches(file) {
    return /(?:^|\/)\.woodpecker(?:\/[^/]+)?\.ya?ml$/.test(file.path);
  },
  extract(file, names) {
    return extractContainers(file, 'woodpecker', names);
  },
};
