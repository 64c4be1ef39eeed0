// The viewer page: a choice of channels and of the page's language around one <tandem-player>.

import { make, setText } from './dom';
import { define, TandemPlayer } from './element';
import { fetchChannels, Refused } from './state';
import { languages, ownName, pageLanguage, Words } from './words/words';

const PollEvery = 10_000;
const SoonAgain = 2000;

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const select = element<HTMLSelectElement>('channel');
const pageSelect = element<HTMLSelectElement>('page-language');
const query = new URLSearchParams(location.search);

let words = new Words('en');

define();
const player = element<TandemPlayer>('viewer');
// A token comes behind the #, which browsers send to no server and write into no log.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
if (token) {
  player.setAttribute('token', token);
}
for (const [name, attribute] of [['lang', 'voice'], ['captions', 'captions'], ['transport', 'transport']] as const) {
  const value = query.get(name);
  if (value) {
    player.setAttribute(attribute, value);
  }
}

pageSelect.append(...Object.keys(languages).map(tag => make('option', { value: tag, lang: tag }, ownName(tag))));
speak(pageLanguage([query.get('ui'), recall(), ...navigator.languages]));
pageSelect.addEventListener('change', () => {
  try {
    localStorage.setItem('tandem.page', pageSelect.value);
  } catch {
    // Without storage the next visit starts in the browser's language.
  }
  speak(pageSelect.value);
});
select.addEventListener('change', () => choose(select.value));

const asked = query.get('channel');
if (asked) {
  choose(asked, false);
}
void list();

function speak(language: string): void {
  words = new Words(language);
  const { strings } = words;
  document.documentElement.lang = language;
  document.documentElement.dir = words.direction;
  pageSelect.value = language;
  setText(element('tagline'), strings.tagline);
  setText(element('channel-label'), strings.channel);
  setText(element('page-label'), strings.pageLanguage);
  player.setAttribute('ui-lang', language);
}

async function list(): Promise<void> {
  let again = PollEvery;
  try {
    show(await fetchChannels(new URL('/', location.href).toString(), token));
  } catch (error) {
    // Where lists are for operators, the page plays what its address names.
    again = error instanceof Refused ? PollEvery : SoonAgain;
    if (!player.channel) {
      setText(element('page-notice'), words.strings.problem[error instanceof Refused ? 'refused' : 'silent_server']);
    }
  }
  setTimeout(() => void list(), again);
}

function show(ids: string[]): void {
  if (ids.join('\n') !== [...select.options].map(o => o.value).join('\n')) {
    select.replaceChildren(...ids.map(id => new Option(id, id)));
  }
  element('channel-choice').hidden = ids.length < 2;
  if (!player.channel && ids[0]) {
    choose(ids[0], false);
  }
  select.value = player.channel;
  setText(element('page-notice'), player.channel ? '' : words.strings.problem.no_channel);
}

function choose(id: string, write = true): void {
  player.channel = id;
  document.title = `${id} – Tandem`;
  if (write) {
    const address = new URL(location.href);
    address.searchParams.set('channel', id);
    history.replaceState(null, '', address);
  }
}

function recall(): string | null {
  try {
    return localStorage.getItem('tandem.page');
  } catch {
    return null;
  }
}
