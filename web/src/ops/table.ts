// Tables that are kept and changed in place, so that a reader's place in them is not lost with every answer.

import { make, setText } from '../dom';

export interface Column {
  title: string;
  /** Numbers stand at the right edge. */
  number?: boolean;
}

export interface Cell {
  text: string;
  /** 0 to 1: drawn behind the text, which says it, too. */
  bar?: number;
  /** Drawn before the text. */
  sign?: () => Element;
  mark?: string;
}

/** A table with a heading cell at the beginning of each row. */
export class Table {
  readonly element: HTMLElement;
  readonly #body = make('tbody');
  readonly #none: HTMLElement;
  readonly #table: HTMLElement;

  constructor(
    private readonly title: string,
    private readonly columns: Column[],
    none: string,
  ) {
    const head = columns.map(c => make('th', { scope: 'col', class: c.number ? 'number' : undefined }, c.title));
    this.#table = make('table', {}, make('caption', { class: 'unseen' }, title), make('thead', {}, make('tr', {}, ...head)), this.#body);
    this.#none = make('p', { class: 'soft' }, none);
    this.element = make('div', { class: 'table' }, this.#table, this.#none);
    const sizes = new ResizeObserver(() => this.#reach());
    sizes.observe(this.element);
    sizes.observe(this.#table);
  }

  show(rows: (string | Cell)[][]): void {
    this.#table.hidden = rows.length === 0;
    this.#none.hidden = rows.length > 0;
    while (this.#body.rows.length > rows.length) {
      this.#body.deleteRow(-1);
    }
    rows.forEach((cells, index) => {
      const row = this.#body.rows[index] ?? this.#body.appendChild(this.#newRow());
      cells.forEach((cell, at) => fill(row.cells[at]!, typeof cell === 'string' ? { text: cell } : cell));
    });
  }

  /** What has to be scrolled can be reached by keyboard. */
  #reach(): void {
    const scrolls = this.element.scrollWidth > this.element.clientWidth;
    if (scrolls === this.element.hasAttribute('tabindex')) {
      return;
    }
    for (const [name, value] of [['tabindex', '0'], ['role', 'region'], ['aria-label', this.title]] as const) {
      if (scrolls) {
        this.element.setAttribute(name, value);
      } else {
        this.element.removeAttribute(name);
      }
    }
  }

  #newRow(): HTMLTableRowElement {
    return make('tr', {}, ...this.columns.map((c, at) => (at === 0 ? make('th', { scope: 'row' }) : make('td', { class: c.number ? 'number' : undefined }))));
  }
}

function fill(target: HTMLTableCellElement, cell: Cell): void {
  const signed = cell.mark ?? '';
  if (target.dataset.mark !== signed || target.childElementCount === 0) {
    target.dataset.mark = signed;
    target.replaceChildren(...(cell.sign ? [cell.sign()] : []), make('span'));
  }
  const text = target.lastElementChild as HTMLElement;
  setText(text, cell.text);
  target.classList.toggle('bar', cell.bar !== undefined);
  if (cell.bar !== undefined) {
    target.style.setProperty('--part', `${Math.min(100, Math.max(0, cell.bar * 100)).toFixed(1)}%`);
  }
}
