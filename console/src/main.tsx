/** Entry: takes what the address brings along, then draws the console. */
import '@fontsource-variable/inter/wght.css';
import './style/base.css';
import './style/page.css';
import './style/session.css';
import './style/map.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { takeArrival } from './session/arrival.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const arrival = takeArrival(location, history);
createRoot(root).render(
  <StrictMode>
    <App arrival={arrival} />
  </StrictMode>,
);
