/**
 * Builds the console into dist/, which the control plane serves. `OTHERWORLD_URL=http://127.0.0.1:7400 npm run dev -w
 * console` works on the page against a running system.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const target = process.env.OTHERWORLD_URL ?? 'http://127.0.0.1:7400';

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', chunkSizeWarningLimit: 1200 },
  server: { host: '127.0.0.1', proxy: { '/api': target, '/worlds': target } },
});
