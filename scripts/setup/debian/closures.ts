// The programs we take from Debian, each with the suite that has it. Nothing here needs root: a closure of packages is
// unpacked into the cache and its programs run from there, by starters in its `bin/`.
export type Closure = {
  /** Debian release; `security` adds that release's security archive. */
  suite: 'bookworm' | 'forky';
  security?: boolean;
  packages: readonly string[];
  /** Programs to make starters for: paths inside the unpacked root. */
  programs: readonly string[];
  /** Environment that a program needs to find its data; `$home` is the closure's folder. */
  environment?: Readonly<Record<string, string>>;
  /**
   * `shrunk`: the programs and the libraries they are linked to, run by their own loader, since they may want a newer glibc.
   * `whole`: the same, with everything else that was in the packages.
   * `host-loader`: whole, but run by the host's loader and glibc: for programs that start themselves again by /proc/self/exe.
   */
  form: 'shrunk' | 'whole' | 'host-loader';
};

export const CLOSURES = {
  godot: { suite: 'forky', packages: ['godot'], programs: ['usr/bin/godot'], form: 'shrunk' },
  redis: {
    suite: 'bookworm',
    packages: ['redis-server'],
    programs: ['usr/bin/redis-server'],
    form: 'shrunk',
  },
  chromium: {
    suite: 'bookworm',
    security: true,
    packages: ['chromium'],
    programs: ['usr/lib/chromium/chromium'],
    environment: { FONTCONFIG_SYSROOT: '$home/root' },
    form: 'host-loader',
  },
  wasm: {
    suite: 'forky',
    packages: ['rustc', 'libstd-rust-dev-wasm32', 'lld'],
    programs: ['usr/bin/rustc', 'usr/bin/wasm-ld'],
    form: 'whole',
  },
  python: {
    suite: 'bookworm',
    packages: ['python3', 'python3-pip'],
    programs: ['usr/bin/python3'],
    environment: { PYTHONHOME: '$home/root/usr', PYTHONDONTWRITEBYTECODE: '1' },
    form: 'whole',
  },
} as const satisfies Record<string, Closure>;

export type ClosureName = keyof typeof CLOSURES;
