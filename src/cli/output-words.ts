/** What `-o` takes; a word that ends in `=` wants something behind it. */
export const OUTPUT_WORDS = [
  'wide',
  'yaml',
  'json',
  'name',
  'jsonpath=',
  'jsonpath-file=',
  'custom-columns=',
  'custom-columns-file=',
] as const
