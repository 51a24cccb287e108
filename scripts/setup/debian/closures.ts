// The programs we take from Debian, each with the suite that has it. Nothing here needs root: a closure of packages is
// unpacked into the cache and its programs run from there.
export type Closure = {
  /** Debian release; suites of the security archive are added by `security`. */
  suite: 'bookworm' | 'forky';
  security?: boolean;
  packages: readonly string[];
  /** Programs to offer, as paths inside the unpacked root. */
  programs: readonly string[];
  /**
   * `shrink`: keep the programs and the libraries they are linked to, and run them by their own loader (they may need a newer
   * glibc than the host's). `whole`: keep everything, for programs that read their own data files.
   */
  keep: 'shrink' | 'whole';
};

export const CLOSURES = {
  godot: { suite: 'forky', packages: ['godot'], programs: ['usr/bin/godot'], keep: 'shrink' },
  redis: {
    suite: 'bookworm',
    packages: ['redis-server'],
    programs: ['usr/bin/redis-server'],
    keep: 'shrink',
  },
  chromium: { suite: 'bookworm', security: true, packages: ['chromium'], programs: [], keep: 'whole' },
  wasm: {
    suite: 'forky',
    packages: ['rustc', 'libstd-rust-dev-wasm32', 'lld'],
    programs: ['usr/bin/rustc', 'usr/bin/wasm-ld'],
    keep: 'whole',
  },
} as const satisfies Record<string, Closure>;

export type ClosureName = keyof typeof CLOSURES;
