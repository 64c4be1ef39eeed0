// Makes a page of docs/runbooks.md: as much of Markdown as it uses. A line that is none of these is a paragraph.

const escape = text => text.replace(/[&<>"]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);

/** Code, links and what is bold, within a line. Only links to the page itself are kept: the other documents are not served. */
function inline(text) {
  return text
    .split(/(`[^`]+`)/)
    .map(part =>
      part.startsWith('`') && part.length > 2
        ? `<code>${escape(part.slice(1, -1))}</code>`
        : escape(part)
            .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_, words, target) => (target.startsWith('#') ? `<a href="${target}">${words}</a>` : words))
            .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>'),
    )
    .join('');
}

const anchor = title => title.trim().toLowerCase().replace(/ /g, '-');

/** The page's main part. */
export function runbooks(markdown) {
  const out = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line.startsWith('```')) {
      const end = lines.findIndex((other, index) => index > at && other.startsWith('```'));
      out.push(`<pre tabindex="0"><code>${escape(lines.slice(at + 1, end).join('\n'))}</code></pre>`);
      at = end + 1;
    } else if (/^#+ /.test(line)) {
      const [, marks, title] = /^(#+) (.*)$/.exec(line);
      out.push(`<h${marks.length} id="${escape(anchor(title))}">${inline(title)}</h${marks.length}>`);
      at++;
    } else if (line.startsWith('- ')) {
      const items = [];
      for (; at < lines.length && (lines[at].startsWith('- ') || lines[at].startsWith('  ')); at++) {
        if (lines[at].startsWith('- ')) {
          items.push(lines[at].slice(2));
        } else {
          items[items.length - 1] += ` ${lines[at].trim()}`;
        }
      }
      out.push(`<ul>${items.map(item => `<li>${inline(item)}</li>`).join('')}</ul>`);
    } else if (line.trim() === '') {
      at++;
    } else {
      const first = at;
      while (at < lines.length && lines[at].trim() !== '' && !/^(```|#|- )/.test(lines[at])) {
        at++;
      }
      out.push(`<p>${inline(lines.slice(first, at).join(' '))}</p>`);
    }
  }
  return out.join('\n');
}
