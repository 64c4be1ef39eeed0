// A row of buttons of which one is pressed: radio buttons, so that arrow keys and screen readers work as everywhere.

import { make, setText } from './dom';
import type { Track } from './player';

export class Choice {
  readonly element: HTMLFieldSetElement;
  private readonly legend = make('legend');
  private shown = '';

  constructor(private readonly name: string, private readonly choose: (id: number) => void) {
    this.element = make('fieldset', { id: name, hidden: true }, this.legend);
  }

  /** Shows what can be chosen and what is; builds anew only when the list changes, so that the focus stays. */
  show(label: string, options: Track[], chosen: number): void {
    setText(this.legend, label);
    const key = JSON.stringify(options);
    if (key !== this.shown) {
      this.shown = key;
      this.element.querySelectorAll('label').forEach(l => l.remove());
      this.element.append(...options.map(o => this.button(o)));
    }
    this.element.hidden = options.length === 0;
    for (const input of this.element.querySelectorAll('input')) {
      input.checked = Number(input.value) === chosen;
    }
  }

  private button(option: Track): HTMLLabelElement {
    const input = make('input', { type: 'radio', name: this.name, value: String(option.id) });
    input.addEventListener('change', () => this.choose(option.id));
    const text = make('span', option.language ? { lang: option.language, dir: 'auto' } : {}, option.name);
    return make('label', { class: 'choice' }, input, text);
  }
}
