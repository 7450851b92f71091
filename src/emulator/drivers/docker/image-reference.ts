/** How the engine's pull wants an image named: without a tag it would fetch every one. */
export interface PullReference {
  readonly fromImage: string
  /** A tag or a digest. */
  readonly tag: string
}

/** `nginx` → tag latest; `host:5000/a/b:1` → tag 1; `a@sha256:…` → the digest. */
export function toPullReference(image: string): PullReference {
  const at = image.indexOf('@')
  if (at !== -1) {
    const name = image.slice(0, at)
    return { fromImage: splitTag(name).fromImage, tag: image.slice(at + 1) }
  }
  return splitTag(image)
}

function splitTag(image: string): PullReference {
  const colon = image.indexOf(':', image.lastIndexOf('/') + 1)
  if (colon === -1) return { fromImage: image, tag: 'latest' }
  return { fromImage: image.slice(0, colon), tag: image.slice(colon + 1) }
}

/** The name in full, as ECS writes it in its errors: `docker.io/library/nginx:latest`. */
export function fullReference(image: string): string {
  const { fromImage, tag } = toPullReference(image)
  const first = fromImage.split('/')[0] ?? ''
  const namesRegistry =
    fromImage.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost')
  const path = fromImage.includes('/') ? fromImage : `library/${fromImage}`
  return `${namesRegistry ? fromImage : `docker.io/${path}`}${image.includes('@') ? '@' : ':'}${tag}`
}
