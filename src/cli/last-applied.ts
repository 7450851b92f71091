/**
 * kubectl's own annotation with the manifest as it was applied last, so that objects can be applied by
 * either program in turn. People are not shown it: it repeats what they see.
 */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
