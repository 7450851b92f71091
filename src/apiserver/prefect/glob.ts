/**
 * Whether the text fits the pattern: `*` stands for any rest, `?` for one character, as in Prefect's
 * filters. Takes at most pattern × text steps, whatever the pattern is.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  let [at, position] = [0, 0]
  let [star, retry] = [-1, 0]
  while (position < text.length) {
    if (pattern[at] === '*') {
      star = at
      retry = position
      at += 1
    } else if (pattern[at] === '?' || pattern[at] === text[position]) {
      at += 1
      position += 1
    } else if (star >= 0) {
      retry += 1
      at = star + 1
      position = retry
    } else return false
  }
  return /^\**$/.test(pattern.slice(at))
}
