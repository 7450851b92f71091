import { stringify } from 'yaml'

/**
 * YAML as `kubectl -o yaml` prints it: members in order of their names, lists not indented, long lines
 * left alone, and everything quoted that a YAML 1.1 reader would take for a boolean or a date.
 */
export function renderYaml(value: unknown): string {
  return stringify(value, {
    version: '1.1',
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    nullStr: 'null',
  })
}

/** Documents for people: members as they come, everything quoted that a YAML 1.1 reader would misread. */
export function renderManifests(documents: readonly object[]): string {
  const settings = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const
  return documents.map((document) => stringify(document, settings)).join('---\n')
}
