import { parentPort, workerData } from 'node:worker_threads'
import { createValidator } from '../manifest/validator.ts'
import type { BulkJob, BulkRules } from './bulk-reader.ts'
import { answerQuestion } from './contents.ts'
import { systemFiles } from './files.ts'
import { createLoader } from './load.ts'

/** Entry of the thread that reads and parses manifests. What it throws ends it. */
const loader = createLoader({ ...(workerData as BulkRules), validator: createValidator() })
const rules = { files: systemFiles, hash: loader.hash, parse: loader.load }

parentPort?.on('message', ({ directory, questions }: BulkJob) => {
  parentPort?.postMessage(questions.map((question) => answerQuestion(rules, directory, question)))
})
