/**
 * Opens the page of a running system in a real chromium and looks for what a person would: an instance that serves, a
 * player who walks and climbs the steps, and a page that works by keyboard and at phone width.
 *
 *     node console/test/page.e2e.ts --url http://127.0.0.1:7400 --chromium /usr/bin/chromium --out DIR
 *
 * Needs a system with a bot on the stairs route (`npm start -- --bots 1`). Leaves screenshots in DIR; ends with 1 and one
 * sentence when something is missing. With the first admin's one-time password (`--password`) it signs in and ends by kicking
 * the bot.
 */
import { mkdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

interface Place {
  x: number;
  y: number;
  z: number;
}

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    chromium: { type: 'string' },
    out: { type: 'string' },
    password: { type: 'string' },
  },
});
const { url, chromium: executablePath, out, password } = values;
if (!url || !executablePath || !out) {
  console.error(
    'usage: node console/test/page.e2e.ts --url URL --chromium PATH --out DIR [--password PASSWORD]',
  );
  process.exit(2);
}

const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** From the foot of stairs_a to its platform is 2 m; a hill of the way there would not be this steep (unit: metres). */
const CLIMB = 1.5;
/** Chosen by the admin. */
const PASSWORD = 'a few words of the test';
const started = Date.now();

await mkdir(out, { recursive: true });
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--enable-unsafe-swiftshader'],
});
try {
  await checkDesktop(browser, url, out);
  await checkPhone(browser, url, out);
  await checkLostConnection(browser, url, out);
  if (password) await checkAdmin(browser, url, out, password);
  say('everything is there');
} catch (error) {
  console.error(`page: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function checkDesktop(browser: Browser, url: string, out: string): Promise<void> {
  const { page, errors } = await open(browser, url, DESKTOP, 'dark');
  await step('an instance is Ready or Allocated', 60_000, () =>
    page.locator('[data-testid=instance]:is([data-state=Ready], [data-state=Allocated])').first().waitFor(),
  );
  await step('the world is drawn', 60_000, () => page.locator('.map-canvas[data-ready]').waitFor());
  const player = page.locator('[data-testid=player]').first();
  await step('a player is listed', 60_000, () => player.waitFor());
  await step('its place changes', 15_000, () => untilMoved(page));
  await step('the map draws it where it walks', 10_000, () => untilPlateMoves(page));
  await checkKeyboard(page);
  const lowest = await step('it climbs the steps', 60_000, () => untilClimbed(page));
  say(`climbed ${CLIMB} m from x ${lowest.x.toFixed(2)}, y ${lowest.y.toFixed(2)}, z ${lowest.z.toFixed(2)}`);
  await page.screenshot({ path: join(out, 'desktop-dark-followed.png') });
  await checkAccessibility(page);
  await page.getByRole('button', { name: 'Show the whole world' }).click();
  await page.getByRole('radio', { name: 'Top-down' }).check();
  await settle(page, join(out, 'desktop-dark-top.png'));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('radio', { name: 'Isometric' }).check();
  await settle(page, join(out, 'desktop-light.png'));
  await checkAccessibility(page);
  refuse(errors);
  await page.close();
}

/** The map's follow is reached and switched on without a mouse, and what has the focus is seen. */
async function checkKeyboard(page: Page): Promise<void> {
  await page.locator('.skip').focus();
  await page.keyboard.press('Enter');
  const name = page.getByRole('button', { name: /^Follow / }).first();
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    if (await name.evaluate((element) => element === document.activeElement)) break;
    if (presses === 59) throw new Error('the keyboard does not reach the button that follows a player');
  }
  const outline = await name.evaluate((element) => getComputedStyle(element).outlineStyle);
  if (outline === 'none') throw new Error('the focused button shows no outline');
  await page.keyboard.press('Enter');
  if ((await name.getAttribute('aria-pressed')) !== 'true')
    throw new Error('Enter does not follow the player');
  say('works by keyboard');
}

async function checkPhone(browser: Browser, url: string, out: string): Promise<void> {
  const { page, errors } = await open(browser, url, PHONE, 'light');
  await page.locator('.map-canvas[data-ready]').waitFor({ timeout: 60_000 });
  await page.locator('[data-testid=player]').first().waitFor({ timeout: 30_000 });
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  if (content > window) throw new Error(`at phone width the page is ${content} px wide, not ${window}`);
  await settle(page, join(out, 'phone-light.png'), true);
  refuse(errors);
  say('fits a phone');
  await page.close();
}

/** What is shown when the control plane goes away, and that the page comes back by itself. */
async function checkLostConnection(browser: Browser, url: string, out: string): Promise<void> {
  const gate = await openGate(new URL(url));
  const { page } = await open(browser, gate.url, DESKTOP, 'dark');
  await step('a player is listed, through the gate', 30_000, () =>
    page.locator('[data-testid=player]').first().waitFor(),
  );
  await page.locator('.map-canvas').waitFor();
  await gate.shut();
  await step('a lost connection is told', 15_000, () => page.getByRole('alert').waitFor());
  await settle(page, join(out, 'desktop-dark-lost.png'));
  await gate.reopen();
  await step('the page is live again by itself', 15_000, () =>
    page.locator('.connection[data-state=live]').waitFor(),
  );
  await step('the world is drawn, whenever it was lost', 30_000, () =>
    page.locator('.map-canvas[data-ready]').waitFor(),
  );
  await page.close();
  await gate.shut();
}

/** The first admin's first visit, by keyboard alone where a person would: signs in, chooses a password, kicks, leaves. */
async function checkAdmin(browser: Browser, url: string, out: string, once: string): Promise<void> {
  const { page } = await open(browser, url, DESKTOP, 'dark');
  await page.locator('[data-testid=player]').first().waitFor({ timeout: 30_000 });
  if ((await page.getByRole('button', { name: /^Kick/ }).count()) > 0)
    throw new Error('a stranger is offered to kick');
  await page.getByRole('button', { name: 'Sign in' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await step('a wrong password is refused in words', 10_000, async () => {
    await signIn(page, 'not-the-password');
    await dialog.getByRole('alert').waitFor();
  });
  await page.screenshot({ path: join(out, 'desktop-dark-sign-in.png') });
  await checkAccessibility(page);
  await dialog.getByLabel('Password', { exact: true }).fill(once);
  await page.keyboard.press('Enter');
  await step('a one-time password must be changed', 10_000, () =>
    dialog.getByLabel('New password').waitFor(),
  );
  await page.emulateMedia({ colorScheme: 'light' });
  await page.screenshot({ path: join(out, 'desktop-light-new-password.png') });
  await checkAccessibility(page);
  await dialog.getByLabel('New password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await step('the admin is signed in', 10_000, () =>
    page.getByRole('button', { name: 'Sign out' }).waitFor(),
  );
  if (page.url() !== `${new URL(url).origin}/`) throw new Error(`the address holds more: ${page.url()}`);
  await checkEndedSession(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await signIn(page, PASSWORD);
  await checkKick(page, out);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  if ((await page.getByRole('button', { name: /^Kick/ }).count()) > 0)
    throw new Error('whoever has left is offered to kick');
  say('signs out');
  await checkPhoneSignIn(browser, url, out);
  await page.close();
}

async function signIn(page: Page, password: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill('Admin@Otherworld.local');
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
}

/** A session that was ended elsewhere is told when it is used, and leads back to the sign-in. */
async function checkEndedSession(page: Page): Promise<void> {
  await page.evaluate(() => {
    const session = JSON.parse(localStorage.getItem('otherworld.session') ?? '{}');
    const ended = { ...session, token: `ow_${'A'.repeat(43)}` };
    localStorage.setItem('otherworld.session', JSON.stringify(ended));
    dispatchEvent(new StorageEvent('storage'));
  });
  await askToKick(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Kick' }).click();
  const again = page.getByRole('dialog').getByRole('button', { name: 'Sign in again' });
  await step('a session that has ended is told', 10_000, () => again.waitFor());
  await again.click();
}

async function checkKick(page: Page, out: string): Promise<void> {
  const seat = await askToKick(page);
  await page.screenshot({ path: join(out, 'desktop-dark-confirm.png') });
  await page.getByRole('dialog').getByLabel('Reason').fill('the page is being tested');
  await page.keyboard.press('Enter');
  await step('a kicked player is gone', 10_000, () =>
    page.locator(`[data-testid=player][data-seat="${seat}"]`).waitFor({ state: 'detached' }),
  );
}

async function checkPhoneSignIn(browser: Browser, url: string, out: string): Promise<void> {
  const { page, errors } = await open(browser, `${url}#reset=ow_nothing`, PHONE, 'light');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('New password').waitFor();
  if (page.url().includes('reset')) throw new Error(`the link's token stays in the address: ${page.url()}`);
  refuse(errors); // the refusal that follows is one for chromium
  await dialog.getByLabel('New password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await step('a link that is no good is refused in words', 10_000, () => dialog.getByRole('alert').waitFor());
  await page.screenshot({ path: join(out, 'phone-light-reset.png') });
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  if (content > window) throw new Error(`at phone width the sign-in is ${content} px wide, not ${window}`);
  await page.close();
}

/** Returns the seat of the player who is asked about. */
async function askToKick(page: Page): Promise<string> {
  const player = page.locator('[data-testid=player]').first();
  await player.waitFor({ timeout: 30_000 });
  const seat = await player.getAttribute('data-seat');
  if (!seat) throw new Error('the player has no seat');
  await player.getByRole('button', { name: /^Kick/ }).click();
  await page.getByRole('dialog').waitFor();
  return seat;
}

/** A way to the system that can be cut, as when the control plane is killed. */
async function openGate({ hostname, port }: URL) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    near.pipe(far).pipe(near);
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  await listen(0);
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}/`,
    reopen: () => listen(own),
    shut: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function open(browser: Browser, url: string, viewport: typeof DESKTOP, colorScheme: 'dark' | 'light') {
  const page = await browser.newPage({ viewport, colorScheme });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !/^(data|blob):/.test(request.url())) {
      errors.push(`it loads ${request.url()} from elsewhere`);
    }
  });
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return { page, errors };
}

async function placeOf(page: Page): Promise<Place> {
  const { x, y, z } = await page
    .locator('[data-testid=player]')
    .first()
    .evaluate((element) => ({ ...(element as HTMLElement).dataset }));
  const place = { x: Number(x), y: Number(y), z: Number(z) };
  if (![place.x, place.y, place.z].every(Number.isFinite))
    throw new Error(`the player's place is ${x}, ${y}, ${z}`);
  return place;
}

async function untilMoved(page: Page): Promise<void> {
  const first = await placeOf(page);
  for (;;) {
    const { x, z } = await placeOf(page);
    if (Math.hypot(x - first.x, z - first.z) > 0.5) return;
    await page.waitForTimeout(100);
  }
}

/** Resolves with the lowest place since the beginning of the climb. */
async function untilClimbed(page: Page): Promise<Place> {
  let lowest = await placeOf(page);
  for (;;) {
    const now = await placeOf(page);
    if (now.y <= lowest.y) lowest = now;
    if (now.y - lowest.y >= CLIMB) return lowest;
    await page.waitForTimeout(50);
  }
}

async function untilPlateMoves(page: Page): Promise<void> {
  const plate = page.locator('.plate').first();
  const first = await plate.evaluate((element) => (element as HTMLElement).style.transform);
  while ((await plate.evaluate((element) => (element as HTMLElement).style.transform)) === first) {
    await page.waitForTimeout(100);
  }
}

/** Serious and critical findings of axe (WCAG 2.2 A and AA), contrast of this colour scheme among them. */
async function checkAccessibility(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  });
  if (found.length > 0) throw new Error(`accessibility: ${found.join(' | ')}`);
  say('axe finds nothing serious');
}

/** Gives the camera time to arrive: software GL draws few frames a second. */
async function settle(page: Page, path: string, fullPage = false): Promise<void> {
  await page.waitForTimeout(2_000);
  await page.screenshot({ path, fullPage });
}

async function step<T>(what: string, limitMs: number, work: () => Promise<T>): Promise<T> {
  const limit = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`after ${limitMs / 1000} s it is still not so that ${what}`)),
      limitMs,
    ).unref();
  });
  const result = await Promise.race([
    work().catch((error: unknown) => {
      throw new Error(`${what}: ${error instanceof Error ? error.message : error}`);
    }),
    limit,
  ]);
  say(what);
  return result;
}

function refuse(errors: string[]): void {
  if (errors.length > 0) throw new Error(`the page reports errors: ${errors.join(' | ')}`);
}

function say(what: string): void {
  console.log(`page ${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}`);
}
