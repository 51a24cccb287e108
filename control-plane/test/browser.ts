// As much of a browser as a sign-in at a provider needs: cookies per address, redirects one at a time, forms.
export class Browser {
  readonly #jar = new Map<string, Map<string, string>>();

  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const { host, pathname } = new URL(url);
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), cookie: this.#cookies(host, pathname) },
    });
    const jar = this.#jar.get(host) ?? new Map();
    this.#jar.set(host, jar);
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const path = /; path=([^;]*)/i.exec(line)?.[1] ?? '/';
      if (value === '') jar.delete(`${name} ${path}`);
      else jar.set(`${name} ${path}`, value);
    }
    return response;
  }

  /** Follows redirects while they stay with `within`; returns where the first one outside leads. */
  async follow(
    url: string,
    within: string,
    init: RequestInit = {},
  ): Promise<{ left: string } | { page: Response }> {
    let response = await this.send(url, init);
    for (let at = url; ; ) {
      const location = response.headers.get('location');
      if (location === null) return { page: response };
      const next = new URL(location, at).href;
      if (!next.startsWith(within)) return { left: next };
      response = await this.send(next);
      at = next;
    }
  }

  /** Whether there is a cookie of this name. */
  has(name: string): boolean {
    return [...this.#jar.values()].some((jar) => [...jar.keys()].some((key) => key.startsWith(`${name} `)));
  }

  #cookies(host: string, pathname: string): string {
    return [...(this.#jar.get(host) ?? [])]
      .map(([key, value]) => ({ name: key.split(' ')[0], path: key.split(' ')[1] ?? '/', value }))
      .filter(({ path }) => pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }
}
