// Reports and scores: POST /v1/feedback (docs/http.md).

import { make, setText } from './dom';
import { credentials, type ChannelInfo } from './state';
import type { Strings } from './words/strings';

export type FeedbackKind = 'score' | 'latency' | 'quality';

export interface Feedback {
  kind: FeedbackKind;
  channel: string;
  language: string | null;
  score?: number;
  text?: string;
  session: string;
}

export type Sent = 'sent' | keyof Strings['notSent'];

/** What became of a report, by the server's status. */
export function sentAs(status: number): Sent {
  if (status >= 200 && status < 300) {
    return 'sent';
  }
  switch (status) {
    case 404:
    case 405:
    case 501:
      return 'absent';
    case 401:
    case 403:
      return 'refused';
    case 429:
    case 503:
      return 'busy';
    case 400:
    case 413:
    case 415:
    case 422:
      return 'wrong';
    default:
      return 'unreachable';
  }
}

/** The voice that a report is about, as the server takes it: `original` or a dubbed one; null for a voice of the source's own and for none. */
export function reported(voice: string, info: ChannelInfo | undefined): string | null {
  return voice === 'original' || info?.voices?.some(v => v.language.toLowerCase() === voice.toLowerCase()) ? voice : null;
}

export async function send(server: string, token: string | undefined, feedback: Feedback): Promise<Sent> {
  try {
    const answer = await fetch(`${server}v1/feedback`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...credentials(token) },
      body: JSON.stringify(feedback),
      signal: AbortSignal.timeout(10_000),
    });
    return sentAs(answer.status);
  } catch {
    return 'unreachable';
  }
}

/** A name for one visit, which joins its reports and nothing else: it is made anew with each. */
export function newSession(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map(b => b.toString(16).padStart(2, '0')).join('');
}

/** The form; `submit` says what became of the report. */
export class FeedbackForm {
  readonly element: HTMLDetailsElement;
  private readonly summary = make('summary');
  private readonly about = make('legend');
  private readonly kinds: HTMLInputElement[] = [];
  private readonly kindTexts: HTMLSpanElement[] = [];
  private readonly scoreLegend = make('legend');
  private readonly scoreEnds = make('p', { class: 'hint' });
  private readonly scores: HTMLInputElement[] = [];
  private readonly textLabel = make('span');
  private readonly text = make('textarea', { rows: '3', maxlength: '1000', dir: 'auto' });
  private readonly button = make('button', { type: 'submit' });
  private readonly outcome = make('p', { role: 'status', class: 'outcome' });
  private strings: Strings | undefined;
  private said: keyof Strings['notSent'] | 'sent' | 'sending' | 'pickScore' | undefined;

  constructor(private readonly submit: (kind: FeedbackKind, score: number | undefined, text: string) => Promise<Sent>) {
    const kinds = make('div', { class: 'row' });
    for (const kind of ['score', 'latency', 'quality'] as const) {
      const input = make('input', { type: 'radio', name: 'kind', value: kind });
      input.checked = kind === 'score';
      const text = make('span');
      this.kinds.push(input);
      this.kindTexts.push(text);
      kinds.append(make('label', { class: 'choice' }, input, text));
    }
    const scores = make('div', { class: 'row scores' });
    for (let score = 0; score <= 10; score++) {
      const input = make('input', { type: 'radio', name: 'score', value: String(score) });
      this.scores.push(input);
      scores.append(make('label', { class: 'choice' }, input, make('span', {}, String(score))));
    }
    const form = make('form', { id: 'feedback' },
      make('fieldset', {}, this.about, kinds),
      make('fieldset', {}, this.scoreLegend, scores, this.scoreEnds),
      make('label', { class: 'text' }, this.textLabel, this.text),
      this.button, this.outcome);
    form.addEventListener('submit', event => {
      event.preventDefault();
      void this.go();
    });
    this.element = make('details', { id: 'report' }, this.summary, form);
  }

  show(strings: Strings): void {
    this.strings = strings;
    setText(this.summary, strings.report);
    setText(this.about, strings.about);
    this.kinds.forEach((input, i) => setText(this.kindTexts[i]!, strings.aboutKind[input.value as FeedbackKind]));
    setText(this.scoreLegend, strings.score);
    setText(this.scoreEnds, strings.scoreEnds);
    setText(this.textLabel, strings.text);
    setText(this.button, strings.send);
    this.tell();
  }

  private async go(): Promise<void> {
    if (this.button.hasAttribute('aria-disabled')) {
      return;
    }
    const kind = this.kinds.find(k => k.checked)!.value as FeedbackKind;
    const score = this.scores.find(s => s.checked)?.value;
    if (kind === 'score' && score === undefined) {
      this.tell('pickScore');
      this.scores[0]!.focus();
      return;
    }
    // Not `disabled`: that would take the focus from whoever pressed it.
    this.button.setAttribute('aria-disabled', 'true');
    this.tell('sending');
    const sent = await this.submit(kind, score === undefined ? undefined : Number(score), this.text.value.trim());
    this.button.removeAttribute('aria-disabled');
    this.tell(sent);
    if (sent === 'sent') {
      this.text.value = '';
    }
  }

  private tell(said = this.said): void {
    this.said = said;
    if (!this.strings || !said) {
      return;
    }
    const text = said === 'sent' || said === 'sending' || said === 'pickScore' ? this.strings[said] : this.strings.notSent[said];
    setText(this.outcome, text);
    this.outcome.classList.toggle('bad', said !== 'sent' && said !== 'sending');
  }
}
