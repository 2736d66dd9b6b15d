import type { Platform } from '../model/reference.ts';
import { extractContainers } from './_shared/ci-containers.ts';

export const platform: Platform = {
  id: 'drone',
  title: 'Drone CI',
  checked: '2026-11-23',
  issuesTokens: false,
  matches(file) {
    return /(?:^|\/)\.drone\.ya?ml$/.test(file.path);
  },
  extract(file, names) {
    return extractContainers(file, 'drone', names);
  },
};
