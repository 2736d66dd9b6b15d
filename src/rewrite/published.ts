import { CannotRewrite } from './cannot.ts';

/**
 * Variables of these names are compiled into what a build publishes: a site, an app.
 * https://vite.dev/guide/env-and-mode, https://nextjs.org/docs/pages/guides/environment-variables, https://docs.expo.dev/guides/environment-variables, https://kit.svelte.dev/docs/modules, 2026-11-30.
 */
const PUBLISHED = /^(?:VITE|NEXT_PUBLIC|REACT_APP|PUBLIC|EXPO_PUBLIC|NUXT_PUBLIC|GATSBY|VUE_APP|NG_APP|SNOWPACK_PUBLIC|PLASMO_PUBLIC|SANITY_STUDIO|STORYBOOK)_[A-Z0-9_]+$/;

export function isPublished(name: string): boolean {
  return PUBLISHED.test(name);
}

/** What is said of a key under such a name: no credential belongs there, however short it lives. */
export function publishedAdvice(name: string): { readonly reason: string; readonly byHand: string } {
  return {
    reason: `A build compiles ${name} into what it publishes, where everybody can read the key, and a token of minutes would be as public and soon of no use.`,
    byHand: `Move the call behind a server of your own that has an identity, take ${name} out of the build, and revoke the key, which is to be taken for known.`,
  };
}

export function cannotPublish(name: string, title: string, line: number): CannotRewrite {
  const { reason, byHand } = publishedAdvice(name);
  return new CannotRewrite('no-path', `${title}: ${reason}`, byHand, { line });
}
