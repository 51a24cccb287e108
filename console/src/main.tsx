/** Entry: reads the operator's token from the address, then draws the console. */
import '@fontsource-variable/inter/wght.css';
import './style/base.css';
import './style/page.css';
import './style/map.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { takeOperatorToken } from './api/operator.ts';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const token = takeOperatorToken(location, history, sessionStorage);
createRoot(root).render(
  <StrictMode>
    <App initialToken={token} />
  </StrictMode>,
);
