import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { report, round } from '../harness/sample.ts'

// What an installation takes: the packages that run with the program, and their size with the program's own.
const ROOT = resolve(import.meta.dirname, '../..')

interface Locked {
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly optional?: boolean
}

const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
}
const installed = Object.entries(lock.packages).filter(
  ([path, { dev, devOptional, optional }]) =>
    path !== '' && dev !== true && devOptional !== true && optional !== true,
)
const bytes = installed.reduce((sum, [path]) => sum + sizeOf(join(ROOT, path)), 0)
const own = ['bin', 'dist', 'schemas', 'manifests'].reduce(
  (sum, name) => sum + sizeOf(join(ROOT, name)),
  0,
)
report({
  name: 'footprint-size',
  value: round((bytes + own) / 2 ** 20, 1),
  unit: 'MB',
  better: 'lower',
  beside: { ownMb: round(own / 2 ** 20, 1) },
})
report({
  name: 'footprint-packages',
  value: installed.length,
  unit: 'packages',
  better: 'lower',
  beside: { direct: Object.keys(dependencies).length },
})

/** Without packages in it: each is counted by itself. */
function sizeOf(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return stat?.size ?? 0
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
