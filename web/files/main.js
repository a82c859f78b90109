// Starts the page of files.

import { startAging } from '../lib/moments.js';
import { App } from './app.js';

class TidemarkFiles extends HTMLElement {
  connectedCallback() {
    const token = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name="form-token"]'));
    new App(this, token?.content ?? '').start();
    startAging();
  }
}

customElements.define('tm-files', TidemarkFiles);
