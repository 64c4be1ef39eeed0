// A row of buttons of which one is pressed: radio buttons, so that arrow keys and screen readers work as everywhere.

import type { Track } from './player';

export class Choice {
  private shown = '';

  constructor(private readonly field: HTMLFieldSetElement, private readonly choose: (id: number) => void) {}

  /** Shows what can be chosen and what is; builds anew only when the list changes, so that the focus stays. */
  show(options: Track[], chosen: number): void {
    const key = JSON.stringify(options);
    if (key !== this.shown) {
      this.shown = key;
      this.field.querySelectorAll('label').forEach(l => l.remove());
      this.field.append(...options.map(o => this.button(o)));
    }
    this.field.hidden = options.length === 0;
    for (const input of this.field.querySelectorAll('input')) {
      input.checked = Number(input.value) === chosen;
    }
  }

  private button(option: Track): HTMLLabelElement {
    const label = document.createElement('label');
    label.className = 'choice';
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = this.field.id;
    input.value = String(option.id);
    input.addEventListener('change', () => this.choose(option.id));
    const text = document.createElement('span');
    text.textContent = option.name;
    text.lang = option.language;
    label.append(input, text);
    return label;
  }
}
