import type { Platform } from '../model/reference.ts';
import { extractContainers } from './_shared/ci-containers.ts';

export const platform: Platform = {
  id: 'drone',
  title: 'Drone CI',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'No identity token for steps was found in Drone.',
    unblock: 'Move the job to a CI system that issues one, or keep the key scoped, capped and rotated.',
    source: 'https://docs.drone.io/secret/',
  },
  matches(file) {
    return /(?:^|\/)\.drone\.ya?ml$/.test(file.path);
  },
  extract(file, names) {
    return extractContainers(file, 'drone', names);
  },
};
