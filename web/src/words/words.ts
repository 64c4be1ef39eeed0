// Everything that the page says in sentences, in the language of the page. Pure.

import type { Behind, BufferHealth } from '../delay';
import type { Heard } from '../heard';
import type { ChannelInfo, ChannelState, VoiceState } from '../state';
import { ar } from './ar';
import { de } from './de';
import { en } from './en';
import { es } from './es';
import { he } from './he';
import { fill, type Strings } from './strings';

/** The languages that the page itself speaks, by tag. */
export const languages: Record<string, Strings> = { en, de, es, he, ar };

/** The best of the page's languages for someone who prefers these, most wanted first. */
export function pageLanguage(preferred: readonly (string | null | undefined)[]): string {
  for (const tag of preferred) {
    const base = tag?.split('-')[0]?.toLowerCase();
    // Browsers still call Hebrew `iw` now and then.
    const known = base === 'iw' ? 'he' : base;
    if (known && known in languages) {
      return known;
    }
  }
  return 'en';
}

/** A language's own name, as a list of languages shows it. */
export function ownName(tag: string): string {
  return nameOf(tag, tag);
}

function nameOf(tag: string, inLanguage: string): string {
  try {
    return new Intl.DisplayNames([inLanguage], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** The page's sentences in one language. */
export class Words {
  readonly strings: Strings;
  private readonly oneDigit: Intl.NumberFormat;

  constructor(readonly language: string) {
    this.strings = languages[language] ?? en;
    // Arabic with the digits that its news pages and the browser's own controls use.
    this.oneDigit = new Intl.NumberFormat(`${language}-u-nu-latn`, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }

  get direction(): 'rtl' | 'ltr' {
    return this.strings.rtl ? 'rtl' : 'ltr';
  }

  languageName(tag: string): string {
    return nameOf(tag, this.language);
  }

  /** Seconds with one digit behind the point, as the language writes it. */
  seconds(value: number): string {
    return this.oneDigit.format(Math.max(0, value));
  }

  heard(heard: Heard): string {
    const { strings } = this;
    switch (heard.what) {
      case 'nothing':
        return '';
      case 'fallback':
        return fill(strings.heard.fallback, { why: strings.why[heard.why as keyof Strings['why']] ?? strings.why.not_ready });
      case 'original': {
        const which = heard.why === 'advertisement' || heard.why === 'of_source' ? heard.why : 'no_speech';
        return fill(strings.heard[which], { language: this.languageName(heard.language) });
      }
      default:
        return fill(strings.heard[heard.what], { language: this.languageName(heard.language) });
    }
  }

  state(state: ChannelState): string {
    return this.strings.state[state] ?? '';
  }

  behind(behind: Behind | undefined): string {
    return behind ? fill(this.strings.behind, { seconds: this.seconds(behind.seconds) }) : '';
  }

  buffer(health: BufferHealth): string {
    return fill(this.strings.bufferText, { word: this.strings.stock[health.stock], seconds: this.seconds(health.seconds) });
  }

  onsetLag(voice: VoiceState | undefined): string {
    if (voice?.onsetLagSeconds == null) {
      return '';
    }
    return fill(voice.onsetLagEstimated ? this.strings.onsetLagEstimated : this.strings.onsetLag, { seconds: this.seconds(voice.onsetLagSeconds) });
  }

  /** The delay explained, a paragraph each. */
  whyDelay(info: ChannelInfo, behind: Behind | undefined): string[] {
    const { strings } = this;
    const paragraphs = [fill(strings.delayDub, { delay: this.seconds(info.delaySeconds) })];
    if (behind) {
      paragraphs.push(fill(strings.delayRest, { rest: this.seconds(behind.seconds - info.delaySeconds) }));
    }
    paragraphs.push(strings.delayStep);
    if (behind?.fromAppearance) {
      paragraphs.push(strings.delayAppearance);
    }
    return paragraphs;
  }
}
