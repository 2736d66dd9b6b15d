declare const __DEKEY_VERSION__: string | undefined;

/** Version of the package, put in by the build; `0.0.0-dev` when the sources are run as they are. */
export const VERSION = typeof __DEKEY_VERSION__ === 'undefined' ? '0.0.0-dev' : __DEKEY_VERSION__;
