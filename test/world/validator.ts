import { createValidator } from '../../src/manifest/validator.ts'

/** One for all tests of a file: what it made ready for one, it has ready for the next. */
export const validator = createValidator()
