/** As much HTML as the status page needs. Everything that is not written here is text, and escaped. */

/** Text that is safe between tags and in quoted attributes. */
export interface Html {
  readonly html: string
}

export interface HtmlTable {
  readonly header: readonly string[]
  readonly rows: readonly (readonly (string | number | boolean | null)[])[]
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/** A heading with a table below it; `note` stands in place of a table without rows. */
export function renderSection(title: string, { header, rows }: HtmlTable, note: string): Html {
  const heading = `<h2>${escapeHtml(title)}</h2>\n`
  if (rows.length === 0) return { html: `${heading}<p>${escapeHtml(note)}</p>\n` }
  const head = header.map((name) => `<th>${escapeHtml(name)}</th>`).join('')
  const lines = rows.map((row) => {
    const cells = row.map((cell) => `<td>${escapeHtml(String(cell ?? ''))}</td>`).join('')
    return `<tr>${cells}</tr>\n`
  })
  return { html: `${heading}<table>\n<tr>${head}</tr>\n${lines.join('')}</table>\n` }
}

/** `refreshSeconds`: after so long the browser asks again. */
export function renderPage(
  title: string,
  sections: readonly Html[],
  refreshSeconds: number,
): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="${refreshSeconds}">
<title>${escapeHtml(title)}</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em; color-scheme: light dark; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin: 1.5em 0 0.3em; }
table { border-collapse: collapse; } th { text-align: left; }
th, td { padding: 0.1em 1.5em 0.1em 0; vertical-align: top; max-width: 60em; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${sections.map(({ html }) => html).join('')}</body>
</html>
`
}
