// One script tag puts a player on any page: <script src="https://…/embed.js" data-channel="news" data-lang="es"></script>.

import { define, origin } from './element';

const Names: Record<string, string> = {
  channel: 'channel', lang: 'voice', captions: 'captions', uiLang: 'ui-lang', server: 'server', token: 'token', transport: 'transport', muted: 'muted', autoplay: 'autoplay',
};

const script = document.currentScript;
if (script instanceof HTMLScriptElement) {
  origin.server = new URL('.', script.src).toString();
}

define();
if (script instanceof HTMLScriptElement && script.dataset.channel) {
  const player = document.createElement('tandem-player');
  for (const [from, to] of Object.entries(Names)) {
    const value = script.dataset[from];
    if (value !== undefined) {
      player.setAttribute(to, value);
    }
  }
  script.after(player);
}
