import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import { threadEntry } from '../lib/thread-entry.ts'
import type { Log } from '../runtime/logger.ts'
import type { Answer, Question } from './contents.ts'
import type { ReadFile } from './desired.ts'

/** Reads and parses many files beside the event loop. */
export interface BulkReader<Parsed> {
  /** Answers in the order of the questions; undefined where there is no thread, so that the caller reads itself. */
  read(
    directory: string,
    questions: readonly Question[],
  ): Promise<readonly Answer<Parsed>[] | undefined>
}

/** How the thread reads manifests: what createLoader takes, as plain data. */
export interface BulkRules {
  readonly defaultNamespace: string
  readonly version: string
}

export interface ManifestThreadOptions {
  readonly rules: BulkRules
  readonly clock: Clock
  readonly log: Log
}

/** One message to the thread. */
export interface BulkJob {
  readonly directory: string
  readonly questions: readonly Question[]
}

/**
 * The thread ends when nothing was asked for so long: its heap is as large as that of the rest of an idle
 * process. Longer than a folder needs to settle, so that its two looks share one thread.
 */
const IDLE_MS = 3_000

/** Memory of the thread, MB: a file of the largest size and as many values as allowed takes a tenth of it. */
const HEAP_LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128 } as const

/** Fewer cores than this, and the thread would only take turns with the event loop. */
const MIN_CORES = 2

/**
 * One thread that reads and parses manifests, begun when it is first needed: parsing YAML is most of the work
 * that a new folder makes. `#waiting` are those who wait for answers, oldest first; the thread answers in
 * order. A thread that died is not begun again: whoever asks reads on the event loop from then on.
 */
export class ManifestThread implements BulkReader<ReadFile> {
  readonly #options: ManifestThreadOptions
  readonly #waiting: ((answers: readonly Answer<ReadFile>[] | undefined) => void)[] = []
  #worker: Worker | undefined
  #isDead = availableParallelism() < MIN_CORES
  #cancelEnd = (): void => {}

  constructor(options: ManifestThreadOptions) {
    this.#options = options
  }

  read(
    directory: string,
    questions: readonly Question[],
  ): Promise<readonly Answer<ReadFile>[] | undefined> {
    if (this.#isDead) return Promise.resolve(undefined)
    this.#cancelEnd()
    this.#worker ??= this.#begin()
    const job: BulkJob = { directory, questions }
    this.#worker.postMessage(job)
    return new Promise((resolve) => {
      this.#waiting.push((answers) =>
        resolve(answers?.map((answer, index) => inTermsOf(answer, questions[index]))),
      )
    })
  }

  /** Ends the thread; a later question begins another one. */
  stop(): void {
    this.#cancelEnd()
    const worker = this.#worker
    this.#worker = undefined
    worker?.removeAllListeners()
    void worker?.terminate()
    for (const resolve of this.#waiting.splice(0)) resolve(undefined)
  }

  #begin(): Worker {
    const entry = threadEntry(import.meta.url, 'bulk-thread')
    const worker = new Worker(entry, {
      workerData: this.#options.rules,
      resourceLimits: HEAP_LIMITS,
    })
    worker.on('message', (answers: readonly Answer<ReadFile>[]) => {
      this.#waiting.shift()?.(answers)
      if (this.#waiting.length > 0) return
      this.#cancelEnd = this.#options.clock.after(IDLE_MS, () => this.stop())
    })
    worker.on('error', (error) => this.#die(errorMessage(error)))
    worker.on('exit', (code) => this.#die(`it ended with ${code}`))
    // Nobody waits for the thread alone.
    worker.unref()
    return worker
  }

  #die(reason: string): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#options.log.warn('the thread that reads manifests ended, they are read without it', {
      reason,
    })
    this.stop()
  }
}

/**
 * With the path and stat that were asked with: a message brings copies, and the file is kept together with what it was
 * asked with, a hundred thousand times.
 */
function inTermsOf(answer: Answer<ReadFile>, question: Question | undefined): Answer<ReadFile> {
  if (!answer.ok || !answer.parsed || !question) return answer
  const { path, keptStat: stat } = question
  return { ...answer, parsed: { ...answer.parsed, path, stat } }
}
