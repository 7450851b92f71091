import type { TaskDefinition } from './task-definition.ts'

/** The registered revisions of all families. A revision number is never used twice. */
export class DefinitionTable {
  readonly #byArn = new Map<string, TaskDefinition>()
  readonly #families = new Map<string, TaskDefinition[]>()

  add(definition: TaskDefinition): void {
    this.#byArn.set(definition.arn, definition)
    const revisions = this.#families.get(definition.family)
    if (revisions) revisions.push(definition)
    else this.#families.set(definition.family, [definition])
  }

  get(arn: string): TaskDefinition | undefined {
    return this.#byArn.get(arn)
  }

  nextRevision(family: string): number {
    return (this.#families.get(family)?.at(-1)?.revision ?? 0) + 1
  }

  latestActive(family: string): TaskDefinition | undefined {
    return this.#families.get(family)?.findLast(({ status }) => status === 'ACTIVE')
  }

  revision(family: string, revision: number): TaskDefinition | undefined {
    return this.#families.get(family)?.find((definition) => definition.revision === revision)
  }

  /** Family names in alphabetical order, each with its revisions in order. */
  families(): readonly (readonly [string, readonly TaskDefinition[]])[] {
    return [...this.#families].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }
}
