// Opens the page in the desktop's browser, where a person sits at one.
import { spawn } from 'node:child_process';

/** @param {string} url */
export function openBrowser(url) {
  const desktop = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!desktop || !process.stdout.isTTY) return;
  const child = spawn('xdg-open', [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {}); // a desktop without it: the address is in the terminal
  child.unref();
}
