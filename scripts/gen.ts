/**
 * Writes what derives from schemas/: src/kinds/generated.ts and the field tables of docs/kinds; and, from the
 * definitions of the commands, docs/commands.md.
 * `npm run gen` writes, `npm run gen -- --check` only compares and fails when something is not current.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { renderCommands } from './gen/commands.ts'
import { renderPage } from './gen/docs.ts'
import { readSchemas, repositoryPath, type Schemas } from './gen/schemas.ts'
import { renderGeneratedModule } from './gen/types.ts'

const TYPES_FILE = 'src/kinds/generated.ts'
const PAGES = ['template', 'workpool', 'deployment', 'run', 'automation'] as const

function readIfThere(path: string): string {
  const absolute = repositoryPath(path)
  return existsSync(absolute) ? readFileSync(absolute, 'utf8') : ''
}

async function renderAll(schemas: Schemas): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>([[TYPES_FILE, await renderGeneratedModule(schemas)]])
  for (const page of PAGES) {
    const path = `docs/kinds/${page}.md`
    files.set(path, renderPage(schemas, page, readIfThere(path)))
  }
  files.set('docs/commands.md', renderCommands())
  return files
}

const files = await renderAll(readSchemas())
const stale = [...files].filter(([path, content]) => readIfThere(path) !== content)
if (!process.argv.includes('--check')) {
  for (const [path, content] of stale) writeFileSync(repositoryPath(path), content)
  for (const [path] of stale) console.log(`wrote ${path}`)
} else if (stale.length > 0) {
  for (const [path] of stale) console.error(`${path} is not what its source says`)
  console.error('run: npm run gen')
  process.exitCode = 1
}
