import { createValidator } from '../../src/manifest/validator.ts'

/** One for all tests: to compile the schemas takes longer than most of what they are used for. */
export const validator = createValidator()
